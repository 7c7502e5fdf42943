"""Actions, their questions and what people answered in an archive."""

from kaizala_admin.exports import archive

from .models import (
    Action,
    ActionInstance,
    Answering,
    AnswerSchedule,
    AnswerSync,
    Assignee,
    Question,
    Reminder,
    Response,
    ResponseEdit,
    Review,
    SavedExport,
    Tally,
)


def register() -> None:
    """Once, at start-up; parents before children."""
    archive.register(Action, "tenant")
    archive.register(Question, "action__tenant")
    archive.register(SavedExport, "action__tenant")
    archive.register(ActionInstance, "action__tenant")
    archive.register(Assignee, "instance__action__tenant")
    archive.register(Tally, "instance__action__tenant")
    archive.register(Response, "action__tenant")
    archive.register(ResponseEdit, "response__action__tenant")
    archive.register(Review, "response__action__tenant")
    archive.register(Answering, "connector__tenant", leave_out=("token",))
    archive.register(Reminder, "connector__tenant")
    archive.register(AnswerSync, "connector__tenant")
    archive.register(AnswerSchedule, "connector__tenant")

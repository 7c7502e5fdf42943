"""What they answer: mirrors of actions and responses, and the rows that call Kaizala for them.

Only `sync` and `events` write the mirrors; reviews, reminders and answers of our own are written by services.
"""

from .actions import Action, ActionInstance, Assignee, Question
from .asking import Answering, Reminder
from .digests import Digest
from .feeds import Feed
from .responses import Response, ResponseEdit, Review, Tally
from .saved import SavedExport
from .syncing import AnswerSchedule, AnswerSync

__all__ = [
    "Action",
    "ActionInstance",
    "AnswerSchedule",
    "AnswerSync",
    "Answering",
    "Assignee",
    "Digest",
    "Feed",
    "Question",
    "Reminder",
    "Response",
    "ResponseEdit",
    "Review",
    "SavedExport",
    "Tally",
]

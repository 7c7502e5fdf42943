"""One action with every answer (operation 23): its flags, questions, assignees, and who answered what."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kaizala_admin.kaizala.results.actions import ActionDetails, ReceivedResponse
from kaizala_admin.kaizala.results.reading import listed, lowered, moment, text, truth
from kaizala_admin.outbox.models import FINAL
from messaging import trail
from surveys import values
from surveys.models import Action, ActionInstance, Answering, Response
from surveys.models.asking import ANSWERED
from surveys.models.responses import Source

from . import assignees, questions, tallies
from .heard import Heard, hear
from .listing import count
from .writing import Written, lock, write

FLAGS = {
    "is_anonymous": "isanonymous",
    "is_sender_only": "issenderonly",
    "accepts_many": "acceptmultipleresponses",
}


def record(instance_id: int, told: ActionDetails, now: datetime) -> Written:
    """Stores everything that the answer holds. Runs in the transaction that settles the row."""
    instance = lock(instance_id)
    details = lowered(told.details)
    set_flags(instance.action, details)
    asked = ask(instance.action, questions.told(details, instance.action.kind), told.responses)
    counted = [(one.index, one.type) for one in asked]
    heard = list(_heard(instance.action, asked, told.responses))
    written = write(instance, counted, heard, now)
    assignees.note(instance, heard, _assigned(details), now)
    _note(instance, told, details, now)
    return written


def set_flags(action: Action, told: Mapping[str, Any]) -> None:
    """Keeps what is told of them. What has once been called anonymous stays so."""
    flags = {name: truth(told.get(key)) for name, key in FLAGS.items()}
    news = {name: flag for name, flag in flags.items() if flag is not None and flag != getattr(action, name)}
    if news.get("is_anonymous") is False:
        del news["is_anonymous"]
    if news:
        Action.objects.filter(pk=action.pk).update(**news)
        for name, flag in news.items():
            setattr(action, name, flag)
    if news.get("is_anonymous"):
        forget_people(action)


def forget_people(action: Action) -> None:
    """The action is anonymous, which was not known when these responses came: their people are removed."""
    rows = Response.objects.filter(action=action)
    for row in rows.filter(key__startswith="p:"):
        Response.objects.filter(pk=row.pk).update(key=f"d:{row.digest}:{row.pk}")
    rows.update(responder_number="", responder_id="", responder_name="")
    _forget_staff(action)


def _forget_staff(action: Action) -> None:
    """Who of the staff answered from here, and what: an answer that is still in line is sent, by nobody."""
    given = Answering.objects.filter(instance__action=action)
    given.filter(state__in=FINAL).update(answers={}, earlier=None, response_id="")
    given.update(by=None)
    trail.forget_actor(action, ANSWERED)


def ask(
    action: Action, wanted: Sequence[questions.Asked], responses: Iterable[ReceivedResponse]
) -> list[questions.Asked]:
    """The action's questions: as told, else as its first response repeats them. Counts again if it must."""
    if not wanted and action.kind != Action.Kind.JOB:
        wanted = next((found for one in responses if (found := questions.of_answers(one.answers))), [])
    asked, recount = questions.write(action, wanted)
    if recount:
        counted = [(one.index, one.type) for one in asked]
        for row in ActionInstance.objects.filter(action=action).order_by("pk"):
            tallies.recount(row, counted)
    return asked


def _heard(
    action: Action, asked: Sequence[questions.Asked], responses: Iterable[ReceivedResponse]
) -> Iterable[Heard]:
    return (found for one in responses if (found := hear(action, asked, one, Source.SYNC)) is not None)


def _assigned(details: Mapping[str, Any]) -> list[str]:
    return [text(item) for item in listed(details.get("assignedto")) if text(item)]


def _note(instance: ActionInstance, told: ActionDetails, details: Mapping[str, Any], now: datetime) -> None:
    """What the instance's own row keeps of it."""
    news: dict[str, Any] = {"fetched_at": now, "wants_fetch": False, "gone_at": None}
    if (due := moment(details.get("expirydate")) or moment(details.get("duedate"))) is not None:
        news["due_at"] = due
    if (number := count(details.get("responsecount"))) is not None:
        news["told_count"] = number
    if (number := count(details.get("assigneecount"))) is not None:
        news["assignee_count"] = number
    if (done := truth(details.get("status", details.get("iscompleted")))) is not None:
        news["is_completed"] = done
    ActionInstance.objects.filter(pk=instance.pk).update(**news)
    _name(instance.action, told)


def _name(action: Action, told: ActionDetails) -> None:
    """An action that was known by its ID alone gets its title and sender."""
    news = {}
    if told.title and action.title != values.writable(told.title)[:500]:
        news["title"] = values.writable(told.title)[:500]
    if told.sender and not action.sender:
        news["sender"] = told.sender[:20]
    if told.package_id and not action.package_id and action.kind == Action.Kind.CUSTOM:
        news["package_id"] = told.package_id[:200]
    if news:
        Action.objects.filter(pk=action.pk).update(**news)

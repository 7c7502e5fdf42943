"""Writes what a call brought and says whether the row is done. Runs inside the settling transaction."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import Refused
from surveys.models import ActionInstance, AnswerSchedule, AnswerSync

from . import details, listing
from .fetching import DETAILS, TYPES, NotListed, Vanished

DAYS_BACK = 90
STOPPED = "stopped"
LATE = timedelta(hours=1)  # how far before the latest known action a list begins: clocks differ


class SyncStopped(Refused):
    """A person stopped it while a call was under way; nothing of this page is written."""


def record(row: AnswerSync, result: Any) -> bool:
    """Writes one page; True when the row is complete."""
    now = clock.now()
    row.started_at = row.started_at or now
    row.pages += 1
    if row.stage == DETAILS:
        _details(row, result, now)
    else:
        _listed(row, result, now)
    row.expected_pages = max(row.pages + len(row.todo), row.expected_pages if row.stage != DETAILS else 0)
    names = ("started_at", "pages", "stage", "cursor", "page_size", "todo", "seen", "created", "changed")
    values = {name: getattr(row, name) for name in (*names, "expected_pages")}
    if not AnswerSync.objects.filter(pk=row.pk, stop_asked=False).update(**values):
        raise SyncStopped(_("Stopped by a person. What was fetched until then is kept."), code=STOPPED)
    return not row.stage


def _listed(row: AnswerSync, result: Any, now: datetime) -> None:
    after = None
    if not isinstance(result, Vanished | NotListed):
        found = listing.record(row.group, row.stage, result, now)
        row.seen += len(found)
        known = {pk for pk, _action in row.todo}
        row.todo += [one for one in listing.wanted(found) if one[0] not in known]
        after = listing.next_page(result, row.cursor, row.page_size)
    if after:
        row.cursor, row.page_size = after
        return
    at = TYPES.index(row.stage) + 1
    if at < len(TYPES) and not isinstance(result, Vanished):
        start(row, TYPES[at], now)
    else:
        row.todo = _with_waiting(row)
        row.stage = DETAILS if row.todo else ""


def start(row: AnswerSync, action_type: str, now: datetime) -> None:
    """Where the list of this type begins: at the oldest that is open, or shortly before the latest known."""
    row.stage, row.page_size = action_type, AnswerSync._meta.get_field("page_size").default
    mine = ActionInstance.objects.filter(group=row.group_id, action__kind=listing.kind_of(action_type))
    still = mine.filter(Q(due_at__gt=now) | Q(due_at=None), gone_at=None, is_completed=False)
    oldest = still.aggregate(at=Min("sent_at"))["at"]
    latest = mine.order_by("-sent_at").values_list("sent_at", flat=True).first()
    schedule = AnswerSchedule.objects.filter(connector=row.connector_id).first()
    first = now - timedelta(days=schedule.days_back if schedule else DAYS_BACK)
    since = max(first, min(oldest or latest, latest)) if latest else first
    row.cursor = listing.epoch(since - LATE if latest else since)


def _with_waiting(row: AnswerSync) -> list[list[Any]]:
    """What was wanted before this list, too: an event may have asked for it."""
    waiting = ActionInstance.objects.filter(group=row.group_id, wants_fetch=True, gone_at=None)
    known = {pk for pk, _action in row.todo}
    return [*row.todo, *(one for one in listing.wanted(waiting) if one[0] not in known)]


def _details(row: AnswerSync, result: Any, now: datetime) -> None:
    instance_id, _action_id = row.todo.pop(0)
    if isinstance(result, Vanished):
        gone = {"gone_at": now, "wants_fetch": False}
        ActionInstance.objects.filter(pk=instance_id, gone_at=None).update(**gone)
    elif ActionInstance.objects.filter(pk=instance_id).exists():
        written = details.record(instance_id, result, now)
        row.created += written.created
        row.changed += written.changed
    if not row.todo:
        row.stage = ""

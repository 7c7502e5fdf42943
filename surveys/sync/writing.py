"""Responses: weighed against what is stored, written in bulk, counted. The one place where they change.

Sync and webhooks meet here, under the instance's lock: one row a response, the newest answer wins whatever
the order they are heard in, and each other answer is kept as history.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Q

from groups.sync.diff import chunks
from surveys import counting
from surveys.models import ActionInstance, Response, ResponseEdit
from surveys.models.responses import Source

from . import tallies
from .heard import Heard, digest_of, rank

FIELDS = (
    "key",
    "response_id",
    "responder_number",
    "responder_id",
    "responder_name",
    "answered_at",
    "answers",
    "is_completed",
    "is_update",
    "digest",
    "edit_count",
    "source",
)


@dataclass
class Written:
    """What became of a batch. `doubtful`: an update without a time, which only a sync can place."""

    created: int = 0
    changed: int = 0
    doubtful: bool = False


@dataclass
class _Batch:
    instance: ActionInstance
    questions: Sequence[tuple[int, str]]
    now: datetime
    new: list[Response] = field(default_factory=list)
    changed: dict[int, Response] = field(default_factory=dict)
    edits: list[tuple[Response, ResponseEdit]] = field(default_factory=list)
    totals: Counter[counting.Key] = field(default_factory=Counter)
    doubtful: bool = False
    updated: int = 0

    def count(self, row: Response, times: int) -> None:
        keys = counting.of_response(self.questions, row.answers, row.answered_at)
        counting.add(self.totals, keys, times)


def write(
    instance: ActionInstance, questions: Sequence[tuple[int, str]], heard: Iterable[Heard], now: datetime
) -> Written:
    """Stores what is new or newer. Call it in a transaction that holds the instance's lock (`lock`)."""
    total = Written()
    for some in chunks(heard):
        batch = _Batch(instance, questions, now)
        known = _known(instance, some)
        for one in some:
            _weigh(batch, known, one)
        _save(batch)
        total.created += len(batch.new)
        total.changed += batch.updated
        total.doubtful |= batch.doubtful
    if total.created:
        ActionInstance.objects.filter(pk=instance.pk).update(
            response_count=F("response_count") + total.created
        )
    return total


def lock(instance_id: int) -> ActionInstance:
    """The instance, for this transaction alone. Its action is read afterwards: `link` may have changed it."""
    return ActionInstance.objects.select_for_update(no_key=True).get(pk=instance_id)


def _known(instance: ActionInstance, heard: Sequence[Heard]) -> dict[str, Response]:
    """Stored responses by every key that they may be asked for: where IDs are told only by one of the two."""
    people = {one.number for one in heard if one.number and not instance.action.accepts_many}
    keys = {one.key for one in heard} | {f"p:{number}" for number in people}
    wanted = Q(key__in=keys)
    if nameless := {one.number for one in heard if one.key == f"p:{one.number}"}:
        wanted |= Q(responder_number__in=nameless)
    found = {row.key: row for row in Response.objects.filter(wanted, instance=instance)}
    if not instance.action.accepts_many:
        for row in list(found.values()):
            if row.responder_number and (not row.response_id or f"p:{row.responder_number}" in keys):
                found.setdefault(f"p:{row.responder_number}", row)
    return found


def _find(known: dict[str, Response], one: Heard) -> Response | None:
    row = known.get(one.key)
    if row is None and one.number:
        same = known.get(f"p:{one.number}")
        row = same if same is not None and not (same.response_id and one.response_id) else None
    return row


def _weigh(batch: _Batch, known: dict[str, Response], one: Heard) -> None:
    row = _find(known, one)
    if row is None:
        known[one.key] = row = _new(batch, one)
        batch.new.append(row)
        batch.count(row, 1)
    elif _is_copy(row, one):
        _same_answers(batch, row, one)
    elif _is_newer(row, one):
        _keep(batch, row, row.answered_at, row.answers, row.is_completed, Source(row.source))
        _replace(batch, row, one)
    else:
        _keep(batch, row, one.answered_at, one.answers, one.is_completed, one.source)
        batch.doubtful |= one.answered_at is None
    if row is not None and not row.response_id and one.response_id:
        row.response_id = one.response_id
        _touch(batch, row)


def _is_copy(row: Response, one: Heard) -> bool:
    """The same answers of the same second; one of them may be told without a time."""
    if row.digest != one.digest:
        return False
    if row.answered_at is None or one.answered_at is None:
        return True
    return row.answered_at.replace(microsecond=0) == one.answered_at.replace(microsecond=0)


def _is_newer(row: Response, one: Heard) -> bool:
    """Of two answers of the same moment the sync's holds; two of the same kind are told apart steadily."""
    old, new = rank(row.answered_at, row.is_update), rank(one.answered_at, one.is_update)
    if old != new:
        return new > old
    if one.source == Source.SYNC:
        return True
    return row.source != Source.SYNC and one.digest > row.digest


def _new(batch: _Batch, one: Heard) -> Response:
    instance = batch.instance
    row = Response(instance=instance, action=instance.action, first_seen_at=batch.now)
    return _put(row, one)


def _put(row: Response, one: Heard) -> Response:
    row.key = row.key or one.key
    row.response_id = one.response_id or row.response_id
    row.responder_number = one.number or row.responder_number
    row.responder_id = one.person_id or row.responder_id
    row.responder_name = one.name or row.responder_name
    row.answered_at, row.answers = one.answered_at, dict(one.answers)
    row.is_completed, row.is_update = one.is_completed, one.is_update
    row.digest, row.source = one.digest, one.source
    return row


def _same_answers(batch: _Batch, row: Response, one: Heard) -> None:
    """A copy: the better told time holds, and a name that was missing is filled in."""
    if rank(one.answered_at, one.is_update) > rank(row.answered_at, row.is_update):
        batch.count(row, -1)
        row.answered_at, row.is_update = one.answered_at, one.is_update or row.is_update
        row.source = one.source
        batch.count(row, 1)
        _touch(batch, row)
    if one.name and not row.responder_name:
        row.responder_name = one.name
        _touch(batch, row)


def _replace(batch: _Batch, row: Response, one: Heard) -> None:
    batch.count(row, -1)
    _put(row, one)
    batch.count(row, 1)
    _touch(batch, row)


def _keep(
    batch: _Batch,
    row: Response,
    at: datetime | None,
    answers: object,
    is_completed: bool | None,
    source: Source,
) -> None:
    told: dict[str, object] = dict(answers)  # type: ignore[call-overload]
    digest = digest_of(told, is_completed, at)
    edit = ResponseEdit(
        answered_at=at,
        answers=told,
        is_completed=is_completed,
        digest=digest,
        seen_at=batch.now,
        source=source,
    )
    batch.edits.append((row, edit))


def _touch(batch: _Batch, row: Response) -> None:
    if row.pk:
        batch.changed[row.pk] = row


def _save(batch: _Batch) -> None:
    Response.objects.bulk_create(batch.new)
    batch.updated = len(batch.changed)
    _save_edits(batch)
    changed = list(batch.changed.values())
    if changed:
        Response.objects.bulk_update(changed, FIELDS, batch_size=60)
    tallies.apply(batch.instance.pk, batch.totals)


def _save_edits(batch: _Batch) -> None:
    """History, each answer once, without the one that holds: a copy of an old event adds nothing."""
    rows = {row.pk: row for row, _ in batch.edits}
    if not rows:
        return
    now = {pk: digest_of(row.answers, row.is_completed, row.answered_at) for pk, row in rows.items()}
    for row, edit in batch.edits:
        edit.response = row
    edits = [edit for row, edit in batch.edits if edit.digest != now[row.pk]]
    ResponseEdit.objects.bulk_create(edits, ignore_conflicts=True, batch_size=100)
    ResponseEdit.objects.filter(response__in=rows, digest__in=set(now.values())).delete()
    counted = Counter(
        ResponseEdit.objects.filter(response__in=rows).order_by().values_list("response_id", flat=True)
    )
    for pk, row in rows.items():
        if row.edit_count != counted[pk]:
            row.edit_count = counted[pk]
            batch.changed[pk] = row

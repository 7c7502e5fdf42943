"""What changes tell of import rows: done, refused, cut in parts, back in line. Registered at start-up."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import QuerySet

from groups.changes.models import GroupChange
from groups.changes.results import Outcome, Results
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State as Sending

from .feeding import finish_if_done, give_up
from .models import ImportRow, ImportRun

State, Action = ImportRow.State, ImportRow.Action
STATES = {Outcome.REFUSED: State.REFUSED, Outcome.THERE: State.THERE, Outcome.ABSENT: State.THERE}


def note(change: GroupChange, results: Results) -> None:
    """A row a number; new admins go on to their promotion. In the transaction that settles the change."""
    run_id = change.payload.get("import")
    if run_id is None:
        return
    rows = ImportRow.objects.filter(change_id=change.pk, state=State.QUEUED)
    by_result: dict[tuple[str, str], list[str]] = defaultdict(list)
    for number, (outcome, reason) in results.items():
        by_result[STATES.get(Outcome(outcome), State.DONE), reason].append(number)
    for (state, reason), numbers in by_result.items():
        some = rows if len(by_result) == 1 else rows.filter(mobile_number__in=numbers)
        _move(some, state, reason, run_id)
    finish_if_done(run_id)


def _move(rows: QuerySet[ImportRow], state: str, reason: str, run_id: int) -> None:
    if state in (State.DONE, State.THERE):
        to_promote = {"action": Action.PROMOTE, "state": State.READY, "change_id": None}
        joined = state == State.DONE
        if rows.filter(action=Action.ADD, role="admin").update(**to_promote, joined=joined):
            give_up(ImportRun.objects.filter(pk=run_id, state=ImportRun.State.CANCELLED))
    rows.update(state=state, reason=reason[:200])


def follow(changes: Sequence[GroupChange], state: Sending) -> None:
    """Cancelled, tried again by a person, or back in line by itself."""
    ours = [change for change in changes if "import" in change.payload]
    if state not in (Sending.CANCELLED, Sending.QUEUED) or not ours:
        return
    given_up = _of_cancelled(ours)
    for change in ours:
        rows = ImportRow.objects.filter(change_id=change.pk)
        if state == Sending.CANCELLED:
            told = State.REFUSED if change.detail and change not in given_up else State.CANCELLED
            rows.filter(state=State.QUEUED).update(state=told, reason=change.detail[:200])
        elif state == Sending.QUEUED and rows.exclude(state=State.QUEUED).update(
            state=State.QUEUED, reason=""
        ):
            runs = ImportRun.objects.filter(pk=change.payload["import"], state=ImportRun.State.FINISHED)
            runs.update(state=ImportRun.State.RUNNING, finished_at=None)
    if state == Sending.QUEUED:
        outbox.cancel(_unwanted(given_up))
    else:
        for run_id in {change.payload["import"] for change in ours}:
            finish_if_done(run_id)


def split(change: GroupChange, parts: Sequence[GroupChange]) -> None:
    """The rows follow their numbers; the parts of a cancelled import are not sent."""
    if "import" in change.payload:
        rows = ImportRow.objects.filter(change_id=change.pk)
        for part in parts:
            rows.filter(mobile_number__in=part.payload["numbers"]).update(change_id=part.pk)
        outbox.cancel(_unwanted(_of_cancelled(parts)))


def unwanted(change: GroupChange) -> bool:
    """Whether its import was cancelled while its first call, which finds the person, was under way."""
    return "import" in change.payload and _unwanted(_of_cancelled([change])).exists()


def _of_cancelled(changes: Sequence[GroupChange]) -> list[GroupChange]:
    runs = ImportRun.objects.filter(pk__in={change.payload["import"] for change in changes})
    cancelled = set(runs.filter(state=ImportRun.State.CANCELLED).values_list("pk", flat=True))
    return [change for change in changes if change.payload["import"] in cancelled]


def _unwanted(given_up: Sequence[GroupChange]) -> QuerySet[GroupChange]:
    """Those under way at the cancelling, which pauses them. What a person tries again is not paused."""
    return GroupChange.objects.filter(pk__in=[change.pk for change in given_up], held=True)


def register() -> None:
    """Once, at start-up."""
    from groups.changes import following, results
    from groups.changes.operations import base

    if note not in results.LISTENERS:
        results.LISTENERS.append(note)
        following.ON_STATE.append(follow)
        base.ON_PARTS.append(split)
        base.UNWANTED.append(unwanted)

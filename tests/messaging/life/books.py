"""What must hold of the ledger after every step, whatever happened, in whatever order."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from kaizala_admin.outbox.models import State
from messaging import progress
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.timing import quiet
from messaging.timing.models import Approval, Firing

from .kaizala import Kaizala, Phone

OVER = ("sent", "failed", "cancelled", "unknown")
ENDED = (Broadcast.State.FINISHED, Broadcast.State.CANCELLED)
WAITING = (None, *Broadcast.OPEN)  # None: it was not there before the step
SAID_OF: dict[str, set[str]] = {  # the line of a person whose call stands so
    State.QUEUED: {"queued"},
    State.SENDING: {"queued"},
    State.SENT: {"sent", "failed"},
    State.FAILED: {"failed"},
    State.CANCELLED: {"cancelled"},
    State.UNKNOWN: {"unknown"},
}
# Out of a state that is final or in doubt: by these buttons alone.
WAYS_OUT = {("failed", "queued"): "retry", ("unknown", "queued"): "again", ("unknown", "sent"): "arrived"}


@dataclass
class Books:
    """The tables as they are now, and as they were after the step before."""

    kaizala: Kaizala
    people: int
    again: Counter[Phone] = field(default_factory=Counter)  # how often a person said: send it again
    said: set[Phone] = field(default_factory=set)  # of whom a person said: it did arrive
    lines: dict[Phone, str] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    notes: Counter[int] = field(default_factory=Counter)

    def check(self, pressed: str) -> None:
        """After a step; `pressed` is the button, if it was one."""
        casts = {row.pk: row for row in Broadcast.objects.select_related("tenant")}
        calls = list(Dispatch.objects.all())
        lines = list(Delivery.objects.values_list("broadcast_id", "mobile_number", "dispatch_id", "state"))
        notes = Counter(map(int, _entries().values_list("object_id", flat=True)))
        self._sums(casts, calls, lines)
        self._copies(lines)
        self._ways_out(lines, pressed)
        self._trail(casts, notes)
        self._obeyed(casts, calls)
        self.lines = {(cast, number): state for cast, number, _call, state in lines}
        self.states, self.notes = {pk: row.state for pk, row in casts.items()}, notes

    def _sums(self, casts: dict[int, Broadcast], calls: list[Dispatch], lines: list[Any]) -> None:
        """The counters are the sums of the rows; each person stands in the ledger once."""
        assert len({(cast, number) for cast, number, _call, _state in lines}) == len(lines)
        by_call: dict[int, list[str]] = defaultdict(list)
        for _cast, _number, call, state in lines:
            by_call[call].append(state)
        for call in calls:
            told = by_call[call.pk]
            assert call.people == len(told)
            assert set(told) <= SAID_OF[call.state]
            refused = told.count("failed") if call.state == State.SENT else 0
            assert call.people_failed == refused
        for row in casts.values():
            mine = [call for call in calls if call.broadcast_id == row.pk]
            if row.launched_at is None:
                assert mine == []
                continue
            assert (row.people, sum(call.people for call in mine)) == (self.people, self.people)
            assert row.dispatch_count == len(mine)
            if row.state in ENDED:
                assert not any(call.state == State.QUEUED for call in mine)

    def _copies(self, lines: list[Any]) -> None:
        """Nobody has two copies that no person asked for; the ledger says what the phones say."""
        for phone, copies in self.kaizala.got.items():
            assert copies <= 1 + self.again[phone], phone
        for cast, number, _call, state in lines:
            phone = cast, number
            if state == "sent":
                assert self.kaizala.got[phone] or phone in self.said
            if state in ("failed", "cancelled", "queued") and not self.again[phone]:
                assert not self.kaizala.got[phone] or self._under_way(phone)

    def _under_way(self, phone: Phone) -> bool:
        """Kaizala has it, and we wait for the answer."""
        cast, number = phone
        return Dispatch.objects.filter(
            broadcast=cast, deliveries__mobile_number=number, state=State.SENDING
        ).exists()

    def _ways_out(self, lines: list[Any], pressed: str) -> None:
        for cast, number, _call, state in lines:
            before = self.lines.get((cast, number), state)
            if before != state and before in OVER:
                assert WAYS_OUT.get((before, state)) == pressed, (before, state, pressed)
            elif before != state:
                assert before == "queued"

    def _trail(self, casts: dict[int, Broadcast], notes: Counter[int]) -> None:
        """Who did it is kept, of each change of what was sent or is; nothing comes back from a cancel."""
        for pk, row in casts.items():
            before = self.states.get(pk, row.state)
            if row.launched_at is None or before == row.state:
                continue
            assert before != Broadcast.State.CANCELLED
            assert notes[pk] > self.notes[pk] or row.state == Broadcast.State.FINISHED, (before, row.state)

    def _obeyed(self, casts: dict[int, Broadcast], calls: list[Dispatch]) -> None:
        """What may not go now has no permit; what goes to many was agreed to by a second person."""
        quiet_now = bool(casts) and quiet.words(next(iter(casts.values()))) != ""
        for call in calls:
            row = casts[call.broadcast_id]
            if call.state == State.QUEUED and row.state == Broadcast.State.PAUSED:
                assert call.held
            if call.state == State.QUEUED and quiet_now and not call.held:
                assert call.reason in (quiet.REASON, "media")
        for row in casts.values():
            just_now = row.launched_at and self.states.get(row.pk) in WAITING
            if just_now and row.launched_by_id in (None, row.created_by_id, row.changed_by_id):
                firing = Firing.objects.select_related("schedule").get(broadcast=row)
                plan = firing.schedule
                of_its_own = Approval.objects.filter(broadcast=row, decision="approved", terms=[])
                agreed = Approval.objects.filter(broadcast=plan.broadcast_id, decision="approved")
                assert of_its_own.exists() or (plan.rule.has(firing.due_at) and agreed.exists())

    def add_up(self) -> None:
        """When all is over: nobody is lost, and the page's numbers are those of the ledger."""
        for row in Broadcast.objects.exclude(launched_at=None):
            assert row.state in ENDED
            counted = Counter(row.deliveries.values_list("state", flat=True))
            now = progress.of(row)
            page = {name: getattr(now, name) for name in OVER}
            assert page == {name: counted[name] for name in OVER}
            assert (now.total, now.waiting) == (self.people, 0)


def _entries() -> Any:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Broadcast))

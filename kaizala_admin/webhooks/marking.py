"""What becomes of worked-off events: one sheet a batch, written in a handful of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from kaizala_admin.connectors.clock import later

from .anonymous import is_anonymous, without_names
from .models import Event, Subscription
from .reading import Envelope
from .router import Received, handlers_of

FIRST_WAIT = 10.0  # seconds until an event that failed is tried again; four times that after the second
LONGEST_ERROR = 500
SHARE = 0.1  # how much the latest gap between two events counts in the usual one
_MARK = """UPDATE webhooks_event SET state = %s, event_type = %s, content_key = %s, error = %s,
  worked_at = %s, lease_until = NULL WHERE id = %s AND state = 'waiting'"""
_STRIP = "UPDATE webhooks_event SET body = %s, size = %s WHERE id = %s"


class Taken(Protocol):
    """As much of a claimed event as is needed here."""

    @property
    def pk(self) -> int: ...
    @property
    def attempts(self) -> int: ...
    @property
    def subscription_id(self) -> int: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass
class Line:
    """One event of the batch."""

    pk: int
    state: Event.State
    event_type: str = ""
    content_key: str = ""
    error: str = ""
    received: Received | None = None


@dataclass
class Sheet:
    """A batch, in the order of arrival."""

    lines: list[Line] = field(default_factory=list)
    stripped: list[tuple[bytes, int, int]] = field(default_factory=list)

    def add(self, pk: int, body: bytes, at: datetime, said: Envelope, hook: Subscription) -> None:
        """One that could be read."""
        state = Event.State.DONE if handlers_of(said.event_type) else Event.State.KEPT
        received = _received(pk, at, said, hook)
        self.lines.append(Line(pk, state, said.event_type, said.content_key, received=received))
        if is_anonymous(said.data):
            less = without_names(body)
            self.stripped.append((less, len(less), pk))

    def park(self, pk: int, why: str) -> None:
        """One that could not."""
        self.lines.append(Line(pk, Event.State.PARKED, error=why))

    def keep_only(self, keys: Set[int]) -> None:
        """Forgets the others."""
        self.lines = [one for one in self.lines if one.pk in keys]
        self.stripped = [row for row in self.stripped if row[2] in keys]

    @property
    def wanted(self) -> list[Received]:
        """What the handlers are given."""
        return [one.received for one in self.lines if one.state == Event.State.DONE and one.received]

    def sort_out_repeats(self) -> None:
        """Marks what was done before, in this batch or in an earlier one, under another event ID."""
        keys = {one.content_key for one in self.lines if one.content_key}
        before = Event.objects.filter(content_key__in=keys, state__in=[Event.State.DONE, Event.State.KEPT])
        seen = set(before.values_list("content_key", flat=True)) if keys else set()
        for one in self.lines:
            if one.content_key and one.content_key in seen:
                one.state = Event.State.DUPLICATE
            seen.add(one.content_key)

    def write(self) -> None:
        """One statement for all that have the same marks, and one round trip for the others."""
        now = timezone.now()
        alike: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
        for one in self.lines:
            alike[one.state.value, one.event_type, one.content_key, one.error].append(one.pk)
        alone = [(*marks, now, keys[0]) for marks, keys in alike.items() if len(keys) == 1]
        for (state, event_type, content_key, error), keys in alike.items():
            if len(keys) > 1:
                Event.objects.filter(pk__in=keys, state=Event.State.WAITING).update(
                    state=state,
                    event_type=event_type,
                    content_key=content_key,
                    error=error,
                    worked_at=now,
                    lease_until=None,
                )
        with connection.cursor() as cursor:
            if alone:
                cursor.executemany(_MARK, alone)
            if self.stripped:
                cursor.executemany(_STRIP, self.stripped)


def _received(pk: int, at: datetime, said: Envelope, hook: Subscription) -> Received:
    return Received(
        pk=pk,
        received_at=at,
        connector_id=hook.connector_id,
        tenant_id=hook.connector.tenant_id,
        subscription_id=hook.pk,
        object_type=said.object_type or hook.object_type,
        object_id=said.object_id or hook.object_id,
        event_type=said.event_type,
        event_id=said.event_id,
        group_id=said.group_id or (hook.object_id if hook.object_type == Subscription.Object.GROUP else ""),
        data=said.data,
        context=said.context,
        sender_number=said.sender_number,
        sender_id=said.sender_id,
        sender_name=said.sender_name,
    )


def give_up(events: Iterable[Taken], why: str) -> None:
    """Kept as failed, with the error, until a person replays them."""
    _waiting(events).update(
        state=Event.State.FAILED, error=why[:LONGEST_ERROR], worked_at=Now(), lease_until=None
    )


def try_later(event: Taken, why: str) -> None:
    """Waiting again, for a while."""
    wait = timedelta(seconds=FIRST_WAIT * 4 ** (event.attempts - 1))
    _waiting([event]).update(error=why[:LONGEST_ERROR], lease_until=later(wait))


def _waiting(events: Iterable[Taken]) -> Any:
    return Event.objects.filter(pk__in=[one.pk for one in events], state=Event.State.WAITING)


def note_hooks(events: Sequence[Taken], hooks: dict[int, Subscription]) -> None:
    """When each subscription last brought an event, and how far apart they usually come."""
    latest: dict[int, datetime] = {}
    for one in events:
        latest[one.subscription_id] = max(one.received_at, latest.get(one.subscription_id, one.received_at))
    for key, at in latest.items():
        before, gap = hooks[key].last_event_at, hooks[key].usual_gap
        if before is not None and at > before:
            between = (at - before).total_seconds()
            gap = between if not gap else gap + SHARE * (between - gap)
        if before is None or at > before:
            Subscription.objects.filter(pk=key).update(last_event_at=at, usual_gap=gap)

"""One round of the dispatcher: who gets how many permits, written as one compare-and-set transaction."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from kaizala_admin.connectors import instance, limiter
from kaizala_admin.connectors.clock import later
from kaizala_admin.connectors.models import Lease

from .due import DueConnector, add_outstanding, add_rows, due_connectors, without_permit
from .lanes import Waiting, hand_out, most_useful
from .models import OutboxRow

PERMIT_LIFE = timedelta(seconds=30)
PROBE_EVERY = 180.0  # seconds between two tries of a connector that needs attention
TICK, NO_ROOM, IDLE = 0.1, 0.25, 5.0  # seconds: more to give; the workers are behind; nothing is due


class NotLeader(Exception):
    """The lease went to somebody else while we stood still: nothing was granted."""


@dataclass(frozen=True)
class Leadership:
    """Our lease, with its fence: a leader that was stopped for a while is refused by it."""

    name: str
    owner: str
    fence: int

    def check(self) -> None:
        """Inside the transaction that grants. Raises NotLeader."""
        ours = Lease.objects.select_for_update().filter(
            name=self.name, owner=self.owner, fence=self.fence, expires_at__gt=Now()
        )
        if ours.values_list("pk", flat=True).first() is None:
            raise NotLeader(self.name)


@dataclass
class Round:
    """What a round came to: permits by connector, and seconds until the next round can give more."""

    granted: dict[int, int] = field(default_factory=dict)
    behind: list[int] = field(default_factory=list)  # connectors whose permits no worker has taken yet
    wait: float = IDLE


@dataclass
class Memory:
    """What the dispatcher remembers between rounds; losing it costs nothing but a little fairness."""

    turns: int = 0
    served: dict[int, int] = field(default_factory=dict)  # connector: the turn at which it last got something
    credit: dict[int, float] = field(default_factory=dict)  # connector: what the floor owes its sync
    probed: dict[int, float] = field(default_factory=dict)  # connector: when it was last tried


def grant_round(memory: Memory, leadership: Leadership) -> Round:
    """Gives every permit that the budgets have now, oldest-served connector first. Raises NotLeader."""
    done = Round()
    connectors = [known for known in due_connectors() if _may_try(known, memory)]
    if not connectors or instance.held_since():
        return done
    add_outstanding(connectors)
    done.behind = [known.id for known in connectors if known.outstanding]
    given: dict[Waiting, int] = {}
    for connector in sorted(connectors, key=lambda known: memory.served.get(known.id, 0)):
        permits, wait = _permits(connector, connectors, memory)
        given |= permits
        done.wait = min(done.wait, wait)
        if permits:
            done.granted[connector.id] = len(permits)
    mark(given, leadership)
    return done


def mark(given: dict[Waiting, int], leadership: Leadership) -> int:
    """Writes the permits on the rows that are still in line without one. Returns how many rows got theirs.

    A row that somebody else has locked gets none now: so the dispatcher waits for nobody, in no ring either.
    """
    groups: dict[tuple[type[OutboxRow], int], list[int]] = defaultdict(list)
    for row, permits in given.items():
        groups[row.row_class, permits].append(row.pk)
    if not groups:
        return 0
    with transaction.atomic():
        leadership.check()
        return sum(
            _in_line(row_class, ids).update(permits=permits, permits_until=later(PERMIT_LIFE))
            for (row_class, permits), ids in groups.items()
        )


def _in_line(row_class: type[OutboxRow], ids: list[int]) -> QuerySet[OutboxRow]:
    """Those of them that wait without a permit; where the database locks rows, ours until all is written."""
    rows = without_permit(row_class._default_manager.filter(pk__in=ids, state="queued", held=False))
    if not connection.features.has_select_for_update_skip_locked:
        return rows
    locked = rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    return row_class._default_manager.filter(pk__in=list(locked))


def _permits(
    connector: DueConnector, everyone: list[DueConnector], memory: Memory
) -> tuple[dict[Waiting, int], float]:
    """The connector's permits by row, and seconds until it can have more."""
    most = _quantum(connector, everyone)
    if not most:
        return {}, NO_ROOM
    add_rows(connector, most)
    wanted = min(most, most_useful(connector.rows))
    if not wanted:
        return {}, NO_ROOM if connector.outstanding else IDLE
    permit = limiter.take(connector.id, wanted)
    if not permit.calls:
        return {}, permit.wait
    given, memory.credit[connector.id] = hand_out(
        connector.rows, permit.calls, memory.credit.get(connector.id, 0.0)
    )
    memory.turns += 1
    memory.served[connector.id] = memory.turns
    if connector.needs_attention:
        memory.probed[connector.id] = time.monotonic()
        return given, IDLE
    return given, TICK if permit.calls == wanted else max(TICK, permit.wait)


def _quantum(connector: DueConnector, everyone: list[DueConnector]) -> int:
    """An even part of what fits, so that no connector takes the tenant's budget before the others."""
    if connector.needs_attention:
        return min(1, connector.room)
    neighbours = sum(other.tenant_id == connector.tenant_id for other in everyone)
    return min(connector.room, max(1, connector.burst // neighbours))


def _may_try(connector: DueConnector, memory: Memory) -> bool:
    last = memory.probed.get(connector.id)
    return not connector.needs_attention or last is None or time.monotonic() - last >= PROBE_EVERY

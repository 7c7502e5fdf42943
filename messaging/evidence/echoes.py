"""Keeps what Kaizala tells of our own posts."""

from collections.abc import Sequence
from datetime import timedelta

from groups.events.known import groups_of
from groups.models import Group
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala.results.reading import first_text, lowered
from kaizala_admin.webhooks.router import Received, on

from . import identities, prints, settling
from .models import Echo
from .weighing import Place

BREATH = timedelta(seconds=5)
BATCH = 1_000


@on(*prints.EVENTS)
def posts_told(events: Sequence[Received]) -> None:
    """Events come back of what we posted: free, within seconds, and also for texts."""
    ourselves = identities.of_tenants({event.tenant_id for event in events})
    own = [event for event in events if ourselves.posted(event.sender_id, event.sender_number)]
    groups = groups_of(own) if own else {}
    echoes = [echo for event in own if (echo := _echo(event, groups)) is not None]
    keep(echoes)


def _echo(event: Received, groups: dict[tuple[int, str], Group]) -> Echo | None:
    group, said = groups.get((event.tenant_id, event.group_id)), prints.of_event(event)
    action_id = first_text(lowered(event.data), "actionid")
    if group is None or not said:
        return None
    return Echo(
        group=group,
        print=said,
        key=(action_id or f"event:{event.event_id or event.pk}")[:120],
        action_id=action_id[:100],
        source=Echo.Source.EVENT,
        seen_at=event.received_at,
    )


def keep(echoes: Sequence[Echo]) -> None:
    """Stores what is new, and settles what it proves. Inside the caller's transaction.

    A broadcast in thousands of calls is told of thousands of times: what comes within a breath after an
    equal post is left to the next tick.
    """
    if echoes:
        places = {(echo.group_id, echo.print) for echo in echoes} - _heard_just_now(echoes)
        Echo.objects.bulk_create(echoes, ignore_conflicts=True)
        settling.settle(places)


def _heard_just_now(echoes: Sequence[Echo]) -> set[Place]:
    others = Echo.objects.filter(
        group__in={echo.group_id for echo in echoes},
        print__in={echo.print for echo in echoes},
        seen_at__gt=clock.now() - BREATH,
    ).exclude(key__in=[echo.key for echo in echoes])
    return set(others.order_by().values_list("group_id", "print").distinct())


def prune() -> int:
    """Drops echoes that nothing can need any more; returns how many."""
    count = 0
    old = Echo.objects.filter(seen_at__lt=clock.now() - Echo.KEPT).order_by("seen_at")
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        count += Echo.objects.filter(pk__in=keys).delete()[0]
    return count

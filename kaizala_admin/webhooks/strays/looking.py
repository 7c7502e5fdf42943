"""Asks Kaizala what it holds, for every object that we are subscribed to or could be."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from kaizala_admin.connectors.models import Connector
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from kaizala_admin.webhooks import services
from kaizala_admin.webhooks.models import Subscription, SubscriptionCall
from kaizala_admin.webhooks.sources import SOURCES, Wanted

from .models import StrayCall

MOST = 5_000  # objects that one look asks about
CHUNK = 500
OPEN = (State.QUEUED, State.SENDING)


@dataclass(frozen=True)
class Plan:
    """Which calls a look takes."""

    subscriptions: list[Subscription]  # compared
    others: list[StrayCall]  # looked at

    @property
    def calls(self) -> int:
        return len(self.subscriptions) + len(self.others)


def plan() -> Plan:
    """Everything of the active connectors that no call is asking about already."""
    rows = Subscription.objects.filter(connector__is_active=True).exclude(state=Subscription.State.ENDED)
    held = list(rows.select_related("connector").order_by("pk"))
    asked = set(
        SubscriptionCall.objects.filter(
            verb=SubscriptionCall.Verb.COMPARE, state__in=OPEN, remote_id=""
        ).values_list("subscription_id", flat=True)
    )
    looks = StrayCall.objects.filter(verb=StrayCall.Verb.LOOK, state__in=OPEN)
    known = {(row.connector_id, row.object_type, row.object_id) for row in held}
    known |= set(looks.values_list("connector_id", "object_type", "object_id"))
    mine = [row for row in held if row.pk not in asked][:MOST]
    others = [one for one in _others() if (one.connector_id, one.object_type, one.object_id) not in known]
    return Plan(mine, others[: MOST - len(mine)])


def _others() -> Iterator[StrayCall]:
    """A look for each object of each source, once."""
    seen: set[tuple[int, str, str]] = set()
    for connector in Connector.objects.filter(is_active=True).order_by("pk"):
        for source in SOURCES.values():
            for one in source.wanted(connector):
                key = (connector.pk, source.object_type, one.object_id)
                if key not in seen:
                    seen.add(key)
                    yield _look(connector, source.object_type, one)


def _look(connector: Connector, object_type: str, wanted: Wanted) -> StrayCall:
    return StrayCall(
        verb=StrayCall.Verb.LOOK,
        connector=connector,
        grant_id=wanted.grant_id,
        lane=Lane.SYNC,
        object_type=object_type,
        object_id=wanted.object_id,
        label=wanted.label[:300],
    )


def look() -> int:
    """Puts the calls of `plan` in line; returns how many. Differences of ours are repaired when found."""
    wanted = plan()
    services.compare(wanted.subscriptions, Lane.SYNC)
    for start in range(0, len(wanted.others), CHUNK):
        with transaction.atomic():
            outbox.post(wanted.others[start : start + CHUNK])
    return wanted.calls


def still_asked() -> int:
    """Calls of looks and comparisons that Kaizala has not answered yet. Two queries."""
    mine = SubscriptionCall.objects.filter(verb=SubscriptionCall.Verb.COMPARE, state__in=OPEN).count()
    return mine + StrayCall.objects.filter(verb=StrayCall.Verb.LOOK, state__in=OPEN).count()


def seconds(wanted: Plan) -> float:
    """How long it takes at least, at the pace of the connector that has most to ask."""
    calls = Counter(row.connector for row in wanted.subscriptions)
    calls.update(row.connector for row in wanted.others)
    return max((60 * count / max(1, one.calls_per_minute) for one, count in calls.items()), default=0.0)

"""Writes down what Kaizala holds for one object and is not ours. Runs where the answer is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models import QuerySet

from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import Webhook
from kaizala_admin.webhooks import whose
from kaizala_admin.webhooks.models import Subscription

from .models import Stray


class About(Protocol):
    """A row that names an object: a subscription, a look."""

    connector_id: int
    grant_id: int
    object_type: str
    object_id: str
    label: str


@dataclass(frozen=True)
class Place:
    """The object that Kaizala was asked about, and as whom."""

    connector_id: int
    grant_id: int
    object_type: str
    object_id: str
    label: str

    def of(self, rows: QuerySet[Stray]) -> QuerySet[Stray]:
        """Those of this object."""
        return rows.filter(
            connector=self.connector_id, object_type=self.object_type, object_id=self.object_id
        )


def place_of(row: About) -> Place:
    """Where `row` looked."""
    return Place(row.connector_id, row.grant_id, row.object_type, row.object_id, row.label)


def note(place: Place, held: Sequence[Webhook]) -> None:
    """Keeps what is not ours, forgets what Kaizala does not hold any more. A constant number of queries."""
    own = list(
        Subscription.objects.filter(
            connector=place.connector_id, object_type=place.object_type, object_id=place.object_id
        ).exclude(state=Subscription.State.ENDED)
    )
    others = [one for one in held if one.webhook_id and not any(whose.leads_to(mine, one) for mine in own)]
    rows = {
        row.remote_id: row for row in (_stray(place, one) for one in others)
    }  # Kaizala may tell one twice
    place.of(Stray.objects.all()).exclude(remote_id__in=list(rows)).delete()
    Stray.objects.bulk_create(
        list(rows.values()),
        update_conflicts=True,
        unique_fields=["connector", "remote_id"],
        update_fields=[
            "label",
            "grant",
            "event_types",
            "leads_to",
            "is_here",
            "is_active",
            "valid_until",
            "seen_at",
        ],
    )


def _stray(place: Place, webhook: Webhook) -> Stray:
    return Stray(
        connector_id=place.connector_id,
        grant_id=place.grant_id,
        object_type=place.object_type,
        object_id=place.object_id,
        label=place.label,
        remote_id=webhook.webhook_id[:120],
        event_types=list(webhook.event_types),
        leads_to=whose.host_of(webhook),
        is_here=whose.ours(webhook) is not None,
        is_active=webhook.active,
        valid_until=webhook.validity,
        seen_at=clock.now(),
    )

"""Acts on a house's database from outside: `python -m tests.outbox.drive VERB [JSON]` prints JSON."""

import json
import sys
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402

from kaizala_admin.connectors.models import Connector, Grant, Tenant  # noqa: E402
from kaizala_admin.outbox import services, sweeper  # noqa: E402
from kaizala_admin.outbox.models import Attempt, State  # noqa: E402
from tests.outbox.line.models import Parcel  # noqa: E402


def post(url: str, connector: dict[str, Any], group_id: str, count: int, text: str) -> int:
    """`count` parcels, each with a text of its own."""
    tenant, _ = Tenant.objects.get_or_create(name="Flow", calls_per_minute=600_000)
    ours, _ = Connector.objects.get_or_create(
        tenant=tenant,
        name="Flow",
        defaults={
            "api_root": url,
            "calls_per_minute": 600_000,
            "application_id": connector["applicationId"],
            "application_secret": connector["applicationSecret"],
        },
    )
    token = next(t["refreshToken"] for t in connector["refreshTokens"] if t["kind"] == "tenant")
    grant = ours.grants.first() or Grant.objects.create(connector=ours, name="All", refresh_token=token)
    rows = [Parcel(connector=ours, grant=grant, group_id=group_id, text=f"{text} {n}") for n in range(count)]
    return len(services.post(rows))


def states() -> dict[str, int]:
    """Rows by state, and the attempts kept."""
    found = dict(Parcel.objects.order_by().values_list("state").annotate(Count("pk")))
    return {**found, "attempts": Attempt.objects.count()}


def end_leases() -> int:
    """Two minutes pass for those that are still being sent; then the sweeper comes."""
    Parcel.objects.filter(state=State.SENDING).update(lease_until=timezone.now() - timedelta(seconds=1))
    return sweeper.sweep()


if __name__ == "__main__":
    verb = {"post": post, "states": states, "end_leases": end_leases}[sys.argv[1]]
    given = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    print(json.dumps(verb(**given)))  # type: ignore[operator]  # noqa: T201

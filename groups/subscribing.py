"""What rules for events may ask of groups, and what is repaired when events were lost."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from groups import services
from groups.models import Group, Reach
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.models import Lane
from kaizala_admin.webhooks import gaps, sources
from kaizala_admin.webhooks.models import Subscription
from kaizala_admin.webhooks.router import EVENT_TYPES

EVERY_GROUP = "groups"


def register() -> None:
    """Once, at start-up."""
    sources.register(
        sources.Source(EVERY_GROUP, _("Every group of this connector"), "Group", EVENT_TYPES, every_group)
    )
    gaps.on_gap(sync_again)


def every_group(connector: Connector) -> Iterator[sources.Wanted]:
    """Each present group that a working grant of the connector reaches, an admin's grant first."""
    reaches = Reach.objects.filter(
        gone_at__isnull=True,
        group__gone_at__isnull=True,
        grant__connector=connector,
        grant__state=Grant.State.WORKING,
    )
    best: dict[int, Reach] = {}
    for reach in reaches.select_related("group").order_by("group__name", "group_id", "grant_id"):
        if reach.group_id not in best or (reach.role == "Admin" != best[reach.group_id].role):
            best[reach.group_id] = reach
    for reach in best.values():
        yield sources.Wanted(reach.group.group_id, reach.grant_id, reach.group.name)


def sync_again(subscription: Subscription) -> None:
    """Reads the group once more, in the background, when its subscription was off for a while."""
    if subscription.object_type != Subscription.Object.GROUP:
        return
    group = Group.objects.filter(
        tenant=subscription.connector.tenant_id, group_id=subscription.object_id, gone_at__isnull=True
    ).first()
    try:
        if group is not None:
            services.start_sync(group, Lane.SYNC)
    except services.CannotSync:
        return  # no grant reaches it now; the connector's page says so

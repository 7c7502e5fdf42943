"""What others ask of the mirror."""

from collections.abc import Iterator, Sequence

from django.db.models import Case, IntegerField, QuerySet, Value, When

from groups.models import Group, GroupLink, Reach, Subscriber
from kaizala_admin.connectors.models import Connector, Grant

CHUNK = 2_000


def usable_reaches() -> QuerySet[Reach]:
    """Reaches that hold, of grants and connectors that work; for each group the best first.

    An admin's grant comes first, then the connector with the larger budget (contract 1.7, 3.2).
    """
    by_role = Case(When(role="Admin", then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        Reach.objects.filter(
            gone_at__isnull=True,
            grant__state=Grant.State.WORKING,
            grant__connector__is_active=True,
            grant__connector__health=Connector.Health.WORKING,
        )
        .select_related("grant__connector__tenant")
        .order_by("group_id", by_role, "-grant__connector__calls_per_minute", "grant_id")
    )


def best_grant(group: Group) -> Grant | None:
    """The grant to call with for this group; None when no working grant reaches it."""
    reach = usable_reaches().filter(group=group).first()
    return reach.grant if reach else None


def best_grants(group_ids: Sequence[int]) -> dict[int, Grant]:
    """The best grant of each group, by the group's primary key; groups that none reaches are missing."""
    best: dict[int, Grant] = {}
    for start in range(0, len(group_ids), 500):
        for reach in usable_reaches().filter(group_id__in=group_ids[start : start + 500]):
            best.setdefault(reach.group_id, reach.grant)
    return best


def subscriber_numbers(group: Group) -> Iterator[tuple[str, str]]:
    """(mobile number, name) of each present subscriber with a number, in a steady order, 2,000 a query."""
    rows = Subscriber.objects.filter(group=group, gone_at__isnull=True).order_by("id")
    last = 0
    while some := list(rows.filter(id__gt=last).values_list("id", "mobile_number", "name")[:CHUNK]):
        last = some[-1][0]
        yield from ((number, name) for _, number, name in some if number)


def present_links() -> QuerySet[GroupLink]:
    """Links that hold, between groups that are present, with the child, in the order of its name."""
    return (
        GroupLink.objects.filter(gone_at__isnull=True, child__gone_at__isnull=True)
        .select_related("child")
        .order_by("child__name", "child_id")
    )

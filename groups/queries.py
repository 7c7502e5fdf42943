"""What others ask of the mirror."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Node:
    """A group at one place of the graph. `again`: it was listed before; what is below it stands there."""

    group: Group
    depth: int
    again: bool


@dataclass(frozen=True)
class SubGraph:
    """A group and all below it. Totals count each group once; people in two groups count twice."""

    nodes: tuple[Node, ...]  # depth first, the group itself first, at depth 0
    groups: int  # without the group itself
    members: int
    subscribers: int


def sub_graph(group: Group) -> SubGraph:
    """The group with its sub-groups, as a tree that survives shared children and rings. One query a level."""
    children = _children_below(group)
    nodes = tuple(_walk(group, children))
    once = {node.group.pk: node.group for node in nodes}
    return SubGraph(
        nodes=nodes,
        groups=len(once) - 1,
        members=sum(one.member_count for one in once.values()),
        subscribers=sum(one.subscriber_count for one in once.values()),
    )


def _children_below(group: Group) -> dict[int, list[Group]]:
    children: dict[int, list[Group]] = {}
    level = [group.pk]
    while level:
        found: dict[int, list[Group]] = {key: [] for key in level}
        for start in range(0, len(level), CHUNK):
            for link in present_links().filter(parent_id__in=level[start : start + CHUNK]):
                found[link.parent_id].append(link.child)
        children |= found
        level = sorted({child.pk for some in found.values() for child in some} - children.keys())
    return children


def present_links() -> QuerySet[GroupLink]:
    """Links that hold, between groups that are present, with the child, in the order of its name."""
    return (
        GroupLink.objects.filter(gone_at__isnull=True, child__gone_at__isnull=True)
        .select_related("child")
        .order_by("child__name", "child_id")
    )


def _walk(group: Group, children: dict[int, list[Group]]) -> Iterator[Node]:
    seen: set[int] = set()
    to_do = [(group, 0)]
    while to_do:
        one, depth = to_do.pop()
        again = one.pk in seen
        yield Node(one, depth, again)
        if not again:
            seen.add(one.pk)
            to_do += [(child, depth + 1) for child in reversed(children.get(one.pk, []))]

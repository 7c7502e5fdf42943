"""Groups as an indented tree. A graph becomes one by showing a shared child's own children only once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from django.db.models import QuerySet, Sum

from groups.models import Group, GroupLink
from groups.queries import present_links

MOST = 500  # lines of one page: each costs a browser and a server as much as a row of a list
Place = tuple[int, int, bool]  # a group's key, its depth, and whether it stood further up already
Children = Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Node:
    """A group at one place of the graph. `again`: it was listed before; what is below it stands there."""

    group: Group
    depth: int
    again: bool


@dataclass(frozen=True)
class SubGraph:
    """A group and all below it. Totals count each group once; people in two groups count twice."""

    lines: tuple[Node, ...]  # the first 500, depth first, the group itself first, at depth 0
    more: bool  # than these lines
    groups: int  # without the group itself
    members: int
    subscribers: int


def lines() -> tuple[tuple[Node, ...], bool]:
    """The first 500 lines, depth first, in the order of names; and whether there are more. Three queries."""
    present = Group.objects.filter(gone_at__isnull=True).order_by("tenant__name", "name", "pk")
    keys = list(present.values_list("pk", flat=True))
    children = _children(present_links().filter(parent__gone_at__isnull=True))
    below = set(chain.from_iterable(children.values()))
    roots = [key for key in keys if key not in below]
    some = list(islice(_walk([*roots, *keys], children), MOST + 1))  # rings, which have no root, come last
    return _nodes(some[:MOST]), len(some) > MOST


def sub_graph(group: Group) -> SubGraph:
    """The group with its sub-groups; shared children and rings do no harm. Three queries."""
    places = list(_walk([group.pk], _children(present_links())))
    once = {key for key, *_rest in places}
    sums = Group.objects.filter(pk__in=once).aggregate(Sum("member_count"), Sum("subscriber_count"))
    return SubGraph(
        lines=_nodes(places[:MOST]),
        more=len(places) > MOST,
        groups=len(once) - 1,
        members=sums["member_count__sum"],
        subscribers=sums["subscriber_count__sum"],
    )


def _children(links: QuerySet[GroupLink]) -> Children:
    found: dict[int, list[int]] = defaultdict(list)
    for parent, child in links.select_related(None).values_list("parent_id", "child_id"):
        found[parent].append(child)
    return found


def _walk(tops: Iterable[int], children: Children) -> Iterator[Place]:
    """Everything below these, depth first. A top that stood below another one is not a top again."""
    seen: set[int] = set()
    for top in tops:
        to_do = [(top, 0)] if top not in seen else []
        while to_do:
            key, depth = to_do.pop()
            again = key in seen
            yield key, depth, again
            if not again:
                seen.add(key)
                to_do += [(child, depth + 1) for child in reversed(children.get(key, ()))]


def _nodes(places: Sequence[Place]) -> tuple[Node, ...]:
    groups = Group.objects.in_bulk({key for key, *_rest in places})
    return tuple(Node(groups[key], depth, again) for key, depth, again in places if key in groups)

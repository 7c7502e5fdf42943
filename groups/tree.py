"""All groups as an indented tree. A graph becomes one by showing a shared child's own children only once."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from groups.models import Group
from groups.queries import Node, present_links

MOST = 500  # lines of one page: each costs a browser and a server as much as a row of a list


def lines() -> tuple[list[Node], bool]:
    """The first 500 lines, depth first, in the order of names; and whether there are more. Two queries."""
    groups = list(
        Group.objects.filter(gone_at__isnull=True)
        .select_related("tenant")
        .order_by("tenant__name", "name", "pk")
    )
    some = list(islice(_walk(groups), MOST + 1))
    return some[:MOST], len(some) > MOST


def _walk(groups: list[Group]) -> Iterator[Node]:
    known = {group.pk: group for group in groups}
    children: dict[int, list[Group]] = defaultdict(list)
    below: set[int] = set()
    links = present_links().filter(parent__gone_at__isnull=True).select_related(None)
    for parent, child in links.values_list("parent_id", "child_id"):
        if child in known:
            children[parent].append(known[child])
            below.add(child)
    seen: set[int] = set()
    roots = [group for group in groups if group.pk not in below]
    for root in [*roots, *groups]:  # the second round finds rings, which have no root
        if root.pk not in seen:
            yield from _below(root, children, seen)


def _below(root: Group, children: dict[int, list[Group]], seen: set[int]) -> Iterator[Node]:
    to_do = [(root, 0)]
    while to_do:
        group, depth = to_do.pop()
        again = group.pk in seen
        yield Node(group, depth, again)
        if not again:
            seen.add(group.pk)
            to_do += [(child, depth + 1) for child in reversed(children.get(group.pk, []))]

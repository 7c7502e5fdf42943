"""Who is whose sub-group. A graph: children with several parents, and rings, are stored as they are."""

from collections.abc import Iterator
from datetime import datetime

from groups.models import GroupLink, SyncRun
from kaizala_admin.kaizala import GroupInfo

from . import mirror, tally
from .diff import apply, chunks, date_gone, save


def flatten(root: GroupInfo) -> tuple[dict[str, GroupInfo], set[tuple[str, str]]]:
    """Every group below the root, once, and every (parent, child) of Kaizala IDs. Rings end."""
    groups: dict[str, GroupInfo] = {}
    edges: set[tuple[str, str]] = set()
    to_do = [root]
    while to_do:
        parent = to_do.pop()
        for child in parent.sub_groups:
            edge = (parent.group_id, child.group_id)
            if not child.group_id or edge in edges or edge[0] == edge[1]:
                continue
            edges.add(edge)
            groups.setdefault(child.group_id, child)
            to_do.append(child)
    return groups, edges


def write(run: SyncRun, root: GroupInfo, now: datetime) -> tally.Tally:
    """Stores the sub-groups of the run's group; its links that are not told any more are dated."""
    groups, edges = flatten(root)
    written = mirror.write(run, [root, *groups.values()], now, whole=False)
    keys = {remote: row.pk for remote, row in written.rows.items()}
    pairs = {(keys[parent], keys[child]) for parent, child in edges if parent in keys and child in keys}
    created, changed = _write_links(run, pairs, now)
    told = {child for parent, child in pairs if parent == run.group_id}
    gone = close(run, told, now)
    return tally.Tally(len(groups), written.created + created, written.changed + changed, gone)


def _write_links(run: SyncRun, pairs: set[tuple[int, int]], now: datetime) -> tuple[int, int]:
    known = {(link.parent_id, link.child_id): link for link in _links_of({parent for parent, _ in pairs})}
    changed = [link for pair, link in known.items() if pair in pairs and apply(link, {}, run.pk)]
    new = [
        GroupLink(parent_id=parent, child_id=child, first_seen_at=now, seen_run=run.pk)
        for parent, child in sorted(pairs - known.keys())
    ]
    save(GroupLink, new, changed, ())
    return len(new), len(changed)


def _links_of(parents: set[int]) -> Iterator[GroupLink]:
    for some in chunks(sorted(parents)):
        yield from GroupLink.objects.filter(parent_id__in=some)


def close(run: SyncRun, told: set[int], now: datetime) -> int:
    """Dates the links from the run's group to children that were not told; returns how many."""
    live = GroupLink.objects.filter(parent_id=run.group_id, gone_at__isnull=True)
    links = {child: key for key, child in live.values_list("pk", "child_id")}
    lost = {child: key for child, key in links.items() if child not in told}
    tally.guard(run, len(lost), len(links), "sub-groups")
    gone = date_gone(GroupLink, lost.values(), now, run.pk)
    mirror.date_lost(lost, now, run.pk)
    return gone

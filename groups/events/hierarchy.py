"""GroupAdded and GroupRemoved: which group lies below which (contract 15)."""

from collections.abc import Mapping, Sequence

from groups.models import Group, GroupLink
from groups.sync.diff import clip
from kaizala_admin.kaizala.results.reading import first_text, lowered
from kaizala_admin.webhooks.router import Received, on

from .known import by_ids, groups_of, is_old

Groups = Mapping[tuple[int, str], Group]


@on("GroupAdded", "GroupRemoved")
def sub_groups_changed(events: Sequence[Received]) -> None:
    """Links and unlinks below mirrored parents. A child that is new gets its row; a sync tells the rest."""
    parents = groups_of(events)
    news = [event for event in events if _parent(event, parents) is not None and _child_id(event)]
    children = _children(news)
    last: dict[tuple[int, int], Received] = {}
    for event in news:
        parent, child = _parent(event, parents), children.get((event.tenant_id, _child_id(event)))
        if parent is not None and child is not None and parent.pk != child.pk:
            last[parent.pk, child.pk] = event
    _write_links(last)
    linked = {parent for (parent, _), event in last.items() if event.event_type == "GroupAdded"}
    Group.objects.filter(pk__in=linked, has_sub_groups=False).update(has_sub_groups=True)


def _parent(event: Received, parents: Groups) -> Group | None:
    found = parents.get((event.tenant_id, event.group_id))
    return None if found is None or is_old(event, found) else found


def _child_id(event: Received) -> str:
    return first_text(lowered(event.data), "groupid")[:80]


def _children(events: Sequence[Received]) -> dict[tuple[int, str], Group]:
    """The children's rows; those that were added and are not known yet are written."""
    tenants, ids = {event.tenant_id for event in events}, {_child_id(event) for event in events}
    known = by_ids(tenants, ids)
    new: dict[tuple[int, str], Group] = {}
    for event in events:
        key = (event.tenant_id, _child_id(event))
        if event.event_type == "GroupAdded" and key not in known:
            new[key] = _new(event)
    Group.objects.bulk_create(new.values(), ignore_conflicts=True)
    return by_ids(tenants, ids) if new else known


def _new(event: Received) -> Group:
    data = lowered(event.data)
    public = first_text(data, "grouptype").lower() == "connectgroup"
    return Group(
        tenant_id=event.tenant_id,
        group_id=_child_id(event),
        name=clip(Group, "name", first_text(data, "groupname", "name")) or _child_id(event),
        group_type=Group.Type.PUBLIC if public else Group.Type.GROUP,
        first_seen_at=event.received_at,
    )


def _write_links(last: Mapping[tuple[int, int], Received]) -> None:
    parents, children = {pair[0] for pair in last}, {pair[1] for pair in last}
    rows = GroupLink.objects.filter(parent__in=parents, child__in=children)
    known = {(row.parent_id, row.child_id): row for row in rows}
    new, changed, returned = [], [], set()
    for pair, event in last.items():
        row, added = known.get(pair), event.event_type == "GroupAdded"
        if row is None and added:
            new.append(GroupLink(parent_id=pair[0], child_id=pair[1], first_seen_at=event.received_at))
        elif row is not None and added != (row.gone_at is None):
            row.gone_at, row.seen_run = None if added else event.received_at, 0
            changed.append(row)
        if added:
            returned.add(pair[1])
    GroupLink.objects.bulk_create(new, ignore_conflicts=True)
    GroupLink.objects.bulk_update(changed, ["gone_at", "seen_run"])
    Group.objects.filter(pk__in=returned, gone_at__isnull=False).update(gone_at=None, gone_reason="")

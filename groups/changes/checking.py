"""What would be refused is said before anything is queued, as far as the mirror knows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from django.utils.translation import gettext as _

from groups import queries
from groups.models import Group, GroupLink, Reach
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox.models import State

from .models import GroupChange

PENDING = (State.QUEUED, State.SENDING, State.UNKNOWN)


class CannotChange(Exception):
    """Kaizala would refuse it, or nobody can ask for it. `str()` says why and what to do, for a person."""


def problem(group: Group) -> str:
    """Why nothing can be changed in this group; "" when it can. At most one query."""
    return _against(group, [] if group.gone_at else reaches_of([group.pk])[group.pk])


def _against(group: Group, reaches: Sequence[Reach]) -> str:
    name = {"group": group.name}
    if group.gone_at:
        return _("“%(group)s” is not at Kaizala any more. Sync its connector and look again.") % name
    if not reaches:
        return (
            _("No working grant reaches “%(group)s”. Sync its connector, or add a grant that reaches it.")
            % name
        )
    if all(reach.role == "Member" for reach in reaches):
        return (
            _(
                "Only an admin of “%(group)s” may change it, and none of its grants is one. Make the person "
                "of a grant an admin there, or add the grant of an admin."
            )
            % name
        )
    return ""


def reaches_of(groups: Iterable[int]) -> dict[int, list[Reach]]:
    """Usable reaches of these groups, the best first. A query for 500 groups."""
    keys = sorted(set(groups))
    found: dict[int, list[Reach]] = {key: [] for key in keys}
    for start in range(0, len(keys), 500):
        for reach in queries.usable_reaches().filter(group__in=keys[start : start + 500]):
            found[reach.group_id].append(reach)
    return found


def grant_for(group: Group) -> Grant:
    """The grant to change this group with: an admin's, or one whose role Kaizala did not tell.

    Raises CannotChange when there is none.
    """
    return grant_of(group, reaches_of([group.pk])[group.pk])


def grant_of(group: Group, reaches: Sequence[Reach]) -> Grant:
    """The same, of reaches that are read already."""
    if why := _against(group, reaches):
        raise CannotChange(why)
    return _able(reaches)[0]


def _able(reaches: Sequence[Reach]) -> list[Grant]:
    return [reach.grant for reach in reaches if reach.role != "Member"]


def grant_for_link(parent: Group, child: Group, reaches: Mapping[int, Sequence[Reach]]) -> Grant:
    """A grant that may change both: Kaizala wants an admin of the parent and of the child.

    Raises CannotChange when there is none, as far as the mirror knows.
    """
    grant_of(parent, reaches[parent.pk])
    below = {grant.pk for grant in _able(reaches[child.pk])}
    for grant in _able(reaches[parent.pk]):
        if grant.pk in below:
            return grant
    raise CannotChange(
        _("No grant is an admin of both “%(parent)s” and “%(child)s”, which Kaizala wants for a link.")
        % {"parent": parent.name, "child": child.name}
    )


def need_public(group: Group) -> None:
    """Raises CannotChange unless the group can have subscribers (contract 6)."""
    if group.group_type != Group.Type.PUBLIC:
        raise CannotChange(
            _("“%(group)s” is not a public group, so it has no subscribers. Add members instead.")
            % {"group": group.name}
        )


def makers() -> list[Grant]:
    """Working grants that can make a group of its own: those of an organisation first, then users'."""
    grants = Grant.objects.filter(
        state=Grant.State.WORKING,
        kind__in=[Grant.Kind.TENANT, Grant.Kind.USER],
        connector__is_active=True,
        connector__health=Connector.Health.WORKING,
    ).select_related("connector__tenant")
    return sorted(grants, key=lambda grant: (grant.kind != Grant.Kind.TENANT, str(grant)))


def may_make(grant: Grant, group_type: str) -> None:
    """Raises CannotChange when Kaizala refuses such a group to this grant (contract 3.2)."""
    if grant.kind == Grant.Kind.GROUP:
        raise CannotChange(
            _("“%(grant)s” reaches one group only, and can make nothing but sub-groups of it. "
              "Open that group and create a sub-group there.") % {"grant": grant}
        )  # fmt: skip
    if group_type == Group.Type.PUBLIC and grant.kind != Grant.Kind.TENANT:
        raise CannotChange(
            _("Only a grant for the whole organisation can make a public group, and “%(grant)s” is one "
              "user's. Choose another grant, or add one of that kind.") % {"grant": grant}
        )  # fmt: skip


def need_no_ring(parent: Group, child: Group, children: Mapping[int, Set[int]]) -> None:
    """Raises CannotChange when the child stands above the parent already. `children`: see `links_of`."""
    if way := way_down(child, parent, children):
        names = " › ".join(f"“{name}”" for name in way)
        raise CannotChange(
            _("That would be a ring: %(way)s. A group cannot stand below itself.") % {"way": names}
            if len(way) > 1
            else _("A group cannot be its own sub-group.")
        )


def way_down(top: Group, bottom: Group, children: Mapping[int, Set[int]]) -> list[str]:
    """The names of the groups from `top` down to `bottom`; empty when no link leads there."""
    if top.pk == bottom.pk:
        return [top.name]
    came_from: dict[int, int] = {top.pk: 0}
    to_do = [top.pk]
    while to_do:
        key = to_do.pop()
        for child in children.get(key, ()):
            if child not in came_from:
                came_from[child] = key
                to_do.append(child)
    if bottom.pk not in came_from:
        return []
    way = [bottom.pk]
    while came_from[way[-1]]:
        way.append(came_from[way[-1]])
    names = dict(Group.objects.filter(pk__in=way).values_list("pk", "name"))
    return [names[key] for key in reversed(way)]


def links_of(tenants: Iterable[int]) -> dict[int, set[int]]:
    """Children by parent in these tenants, with the links that wait to be made. Two queries."""
    children: dict[int, set[int]] = defaultdict(set)
    present = GroupLink.objects.filter(gone_at__isnull=True, parent__tenant__in=list(tenants))
    for parent, child in present.values_list("parent_id", "child_id"):
        children[parent].add(child)
    waiting = GroupChange.objects.filter(
        kind=GroupChange.Kind.LINK, state__in=PENDING, group__tenant__in=list(tenants)
    )
    for parent_id, child_id in waiting.values_list("group_id", "other_id"):
        if parent_id is not None and child_id is not None:
            children[parent_id].add(child_id)
    return children

"""What stands in the way of sending to the chosen groups, in the user's words."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from groups.models import Group, Reach
from kaizala_admin.connectors.models import Connector, Grant

from .scope import PUBLIC_GROUP, Scope, admins


def of_scope(scope: Scope) -> Iterator[str]:
    """Everything that has to be mended before this can be sent."""
    expression = scope.expression
    if expression.is_empty:
        yield _("Nobody is chosen. Choose at least one group.")
    if scope.missing_groups:
        yield _("A chosen group does not exist any more. Choose again.")
    if scope.missing_saved:
        yield _("A saved audience that this uses does not exist any more. Choose again.")
    through = [] if not expression.through else scope.carriers[len(scope.direct) :]
    able = admins([group.pk for group in (*scope.direct, *through)], scope.grants)
    for group in scope.whole:
        yield from _of_group(scope, group, public=False, able=True)
    for group in (*scope.direct, *through):
        yield from _of_group(scope, group, public=True, able=group.pk in able)
    if scope.names_numbers and not scope.carriers:
        yield _("No public group can carry it to single people: none is known that an admin's grant reaches.")


def _of_group(scope: Scope, group: Group, *, public: bool, able: bool) -> Iterator[str]:
    """The first thing that is wrong with this one."""
    name = {"group": group.name}
    is_public = group.group_type == PUBLIC_GROUP
    if group.tenant_id != scope.broadcast.tenant_id:
        yield _("“%(group)s” belongs to another organisation. Send to it in a broadcast of its own.") % name
    elif group.gone_at:
        yield _("“%(group)s” is not at Kaizala any more. Take it out, or sync and look again.") % name
    elif is_public != public:
        yield _wrong_type(is_public) % name
    elif group.pk not in scope.grants:
        yield _why_no_grant(group)
    elif not public and is_unsized(scope, group):
        yield (
            _("“%(group)s” has never been synced completely, so nobody knows how many get it. Sync it.")
            % name
        )
    elif not able:
        yield _("The grant that reaches “%(group)s” is not an Admin there, so Kaizala would refuse.") % name


def is_unsized(scope: Scope, group: Group) -> bool:
    """Whether the call to the whole group may reach many whom the gate does not count."""
    return group.synced_at is None and group in scope.whole and scope.broadcast.tenant.many_people > 0


def _wrong_type(public: bool) -> str:
    if public:
        return _("“%(group)s” is a public group. Choose “All subscribers” or “Chosen people” for it.")
    return _("“%(group)s” is not a public group, so it has no subscribers. Choose “Groups” for it.")


def _why_no_grant(group: Group) -> str:
    """Which of the things that a send needs is missing."""
    reaches = Reach.objects.filter(group=group, gone_at__isnull=True).select_related("grant__connector")
    name = {"group": group.name}
    for reach in reaches:
        grant, connector = reach.grant, reach.grant.connector
        who = {**name, "grant": grant.name, "connector": connector.name}
        if grant.state == Grant.State.REVOKED:
            return (
                _(
                    "Kaizala refused the grant “%(grant)s” that reaches “%(group)s”. "
                    "Give it a new refresh token."
                )
                % who
            )
        if connector.health == Connector.Health.NEEDS_ATTENTION:
            return (
                _("The connector “%(connector)s” that reaches “%(group)s” needs attention. Mend it first.")
                % who
            )
        if not connector.is_active:
            return _("The connector “%(connector)s” that reaches “%(group)s” is switched off.") % who
    return _("No grant reaches “%(group)s”. Sync the connector, or add a grant that reaches it.") % name

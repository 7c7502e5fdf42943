"""The groups that an expression comes to now: called as a whole, named from, carried through."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from groups import queries
from groups.models import Group, Reach
from kaizala_admin.connectors.models import Grant
from messaging import kinds
from messaging.lists import SavedAudience
from messaging.models import Broadcast
from messaging.personal.content import is_personal

from .expression import Expression, Ids, Plan
from .graph import below

PUBLIC_GROUP = Group.Type.PUBLIC


@dataclass
class Scope:
    """`whole` get one call each. `direct` are public groups, all of whose subscribers are meant.

    `singles` are groups whose members are named one by one. `carriers` are public groups that may carry a
    message to a number, in the order in which they are asked; those of `direct` come first.
    """

    broadcast: Broadcast
    expression: Expression
    whole: list[Group] = field(default_factory=list)
    direct: list[Group] = field(default_factory=list)
    singles: list[Group] = field(default_factory=list)
    carriers: list[Group] = field(default_factory=list)
    saved: list[SavedAudience] = field(default_factory=list)
    left_saved: list[SavedAudience] = field(default_factory=list)
    left_groups: Ids = ()
    missing_groups: int = 0
    missing_saved: int = 0
    unreachable: list[Group] = field(
        default_factory=list
    )  # brought along by others, and no grant reaches them
    grants: dict[int, Grant] = field(default_factory=dict)
    personal: bool = False  # whether the text differs from person to person

    @property
    def groups(self) -> list[Group]:
        """What is named in the check: whole groups, then public ones."""
        return [*self.whole, *self.direct]

    @property
    def names_numbers(self) -> bool:
        """Whether anybody is meant by number, and not as a subscriber of a chosen group."""
        return bool(self.expression.include.numbers or self.saved or self.singles)


def scope_of(broadcast: Broadcast) -> Scope:
    """A handful of queries, however many groups there are."""
    expression = Expression.of(broadcast.audience)
    personal = is_personal(kinds.every().get(broadcast.kind), broadcast.content)
    found = Scope(broadcast, expression, personal=personal)
    _saved(found)
    chosen = _chosen(found)
    _spread(found, chosen)
    _carriers(found)
    found.left_groups = _with_sub_groups(expression.exclude.groups, expression.exclude.sub_groups)
    return found


def _with_sub_groups(ids: Ids, wanted: bool) -> Ids:
    return below(ids) if wanted else ids


def _saved(found: Scope) -> None:
    wanted = found.expression.saved_ids
    known = SavedAudience.objects.filter(tenant=found.broadcast.tenant_id).in_bulk(wanted) if wanted else {}
    include, exclude = found.expression.include, found.expression.exclude
    found.saved = [known[pk] for pk in include.saved if pk in known]
    found.left_saved = [known[pk] for pk in exclude.saved if pk in known]
    found.missing_saved = len(wanted) - len(known)


def _chosen(found: Scope) -> list[Group]:
    """Those that somebody ticked, then what is below them, then every public group when all are meant."""
    include = found.expression.include
    ticked = tuple(dict.fromkeys((*include.groups, *include.public, *include.one_by_one)))
    ids = dict.fromkeys(ticked)
    if include.sub_groups:
        ids.update(dict.fromkeys(below(include.groups)))
    if include.every_public:
        every = Group.objects.filter(
            tenant=found.broadcast.tenant_id, group_type=PUBLIC_GROUP, gone_at__isnull=True
        )
        ids.update(dict.fromkeys(every.order_by("name", "id").values_list("pk", flat=True)))
    known = Group.objects.in_bulk([pk for pk in ids if pk not in include.skip])
    found.missing_groups = sum(pk not in known for pk in ticked if pk not in include.skip)
    found.grants = queries.best_grants(list(known))
    groups = [known[pk] for pk in ids if pk in known]
    usable = set(ticked) | _usable_keys(found, groups)
    found.unreachable = [group for group in groups if group.pk not in usable]
    return [group for group in groups if group.pk in usable]


def _usable_keys(found: Scope, groups: Sequence[Group]) -> set[int]:
    """Groups that a grant reaches; a public one only when the grant is an admin's."""
    public = {group.pk for group in groups if group.group_type == PUBLIC_GROUP}
    return found.grants.keys() - (public - admins(public, found.grants))


def _spread(found: Scope, chosen: Sequence[Group]) -> None:
    include = found.expression.include
    for group in chosen:
        if group.pk in include.one_by_one:
            found.singles.append(group)
        elif group.group_type == PUBLIC_GROUP and group.pk not in include.groups:
            found.direct.append(group)
        elif group.group_type != PUBLIC_GROUP and group.pk in include.public:
            found.direct.append(group)  # the check says that it is the wrong type
        else:
            found.whole.append(group)
    if found.expression.plan != Plan.BATCHES:
        found.direct.sort(
            key=lambda group: -group.subscriber_count
        )  # a call to all saves most in the largest


def _carriers(found: Scope) -> None:
    """Chosen ones as they are, so that the check can say what is wrong; others only when they can be used."""
    found.carriers = list(found.direct)
    if not found.names_numbers:
        return
    if found.expression.through:
        known = Group.objects.in_bulk(found.expression.through)
        found.missing_groups += len(found.expression.through) - len(known)
        more = [known[pk] for pk in found.expression.through if pk in known]
        found.grants |= queries.best_grants([group.pk for group in more])
    else:
        more = _usable(found)
    seen = {group.pk for group in found.carriers}
    found.carriers += [group for group in more if group.pk not in seen]


def _usable(found: Scope) -> list[Group]:
    """Every public group of the tenant that an admin's grant reaches; those that rules name come first."""
    named = {pk for one in found.saved for pk in one.rules.get("groups", ())}
    rows = Group.objects.filter(
        tenant=found.broadcast.tenant_id, group_type=PUBLIC_GROUP, gone_at__isnull=True
    )
    groups = {group.pk: group for group in rows.order_by("name", "id")}
    found.grants |= queries.best_grants([pk for pk in groups if pk not in found.grants])
    able = admins(groups, found.grants)
    return sorted((groups[pk] for pk in groups if pk in able), key=lambda group: group.pk not in named)


def admins(group_ids: Iterable[int], grants: Mapping[int, Grant]) -> set[int]:
    """Groups where the grant that would call is an Admin, or where Kaizala did not tell."""
    ids = [pk for pk in group_ids if pk in grants]
    held = Reach.objects.filter(group__in=ids, gone_at__isnull=True, role="Member")
    members = set(held.values_list("group_id", "grant_id"))
    return {pk for pk in ids if (pk, grants[pk].pk) not in members}

"""The calls that a snapshot needs, the fewest that honour it, and what no call can honour."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.utils.functional import cached_property

from groups.models import Group, Member
from kaizala_admin.connectors.models import Grant
from messaging.models import Dispatch

from .expression import Plan
from .snapshot import Snapshot
from .sources import Why

Mode = Dispatch.Mode
DEFAULT_BATCH = 30  # of the official client (contract 7); a group without a grant is never called anyway


@dataclass(frozen=True)
class Leg:
    """All calls of one mode to one group. `size` is how many people a call names."""

    group: Group
    grant: Grant | None
    mode: str
    people: int
    size: int = 0

    @property
    def calls(self) -> int:
        return -(-self.people // self.size) if self.mode == Mode.BATCH else 1

    def call_sizes(self) -> Iterator[int]:
        """How many people each call is for. Never none: that would post to the whole group (contract 7)."""
        if self.mode != Mode.BATCH:
            yield self.people
            return
        for start in range(0, self.people, self.size):
            yield min(self.size, self.people - start)


@dataclass(frozen=True)
class Unavoidable:
    """People of a whole group who were to be left out: it is called as a whole, so they get it.

    `others` are those of the group who were not, `reachable` how many of them follow a public group that
    could carry the message to each.
    """

    group: Group
    people: int
    others: int
    reachable: int


@dataclass
class Calls:
    """The whole plan. `whole_people` counts people of whole groups once each, as far as they are known."""

    snapshot: Snapshot
    legs: list[Leg] = field(default_factory=list)
    whole_people: int = 0
    unavoidable: list[Unavoidable] = field(default_factory=list)

    @property
    def people(self) -> int:
        """Different people."""
        return self.whole_people + self.snapshot.people

    @property
    def copies(self) -> int:
        """People once a call: who is in two whole groups gets two copies."""
        return sum(leg.people for leg in self.legs)

    @property
    def count(self) -> int:
        return sum(leg.calls for leg in self.legs)

    @cached_property
    def by_connector(self) -> dict[int, int]:
        found: Counter[int] = Counter()
        for leg in self.legs:
            if leg.grant:
                found[leg.grant.connector_id] += leg.calls
        return dict(found)

    @property
    def saved_calls(self) -> int:
        """How many more calls it would take in batches."""
        return sum(-(-leg.people // batch_size(leg.grant)) - 1 for leg in self.legs if leg.mode == Mode.ALL)

    @property
    def could_save(self) -> int:
        """How many calls fewer it would take, if one call to all were not ruled out."""
        if self.snapshot.scope.personal or self.snapshot.scope.expression.plan != Plan.BATCHES:
            return 0
        direct = {group.pk for group in self.snapshot.scope.direct}
        long = [leg for leg in self.legs if leg.calls > 1 and leg.group.pk in direct]
        return sum(leg.calls - 1 for leg in long if self.snapshot.is_everybody(leg.group))


def batch_size(grant: Grant | None) -> int:
    return grant.connector.batch_size if grant else DEFAULT_BATCH


def calls_of(snapshot: Snapshot) -> Calls:
    """Whole groups in their order, then public groups in the order in which they carry."""
    scope = snapshot.scope
    found = Calls(snapshot)
    for group in scope.whole:
        found.legs.append(Leg(group, scope.grants.get(group.pk), Mode.GROUP, group.member_count))
    for group in scope.carriers:
        if people := snapshot.kept.get(group.pk, 0):
            found.legs.append(_leg(snapshot, group, people))
    if scope.whole:
        members = Member.objects.filter(group__in=scope.whole, gone_at__isnull=True)
        found.whole_people = members.values("person_id").distinct().count()
        found.unavoidable = _unavoidable(snapshot)
    return found


def _leg(snapshot: Snapshot, group: Group, people: int) -> Leg:
    grant = snapshot.scope.grants.get(group.pk)
    if snapshot.scope.personal:  # everybody gets another text, so a call each
        return Leg(group, grant, Mode.BATCH, people, 1)
    size = batch_size(grant)
    plan = snapshot.scope.expression.plan
    saves = people > size or bool(snapshot.nameless.get(group.pk)) or plan == Plan.ALL
    meant = any(group.pk == one.pk for one in snapshot.scope.direct)
    if plan != Plan.BATCHES and meant and saves and snapshot.is_everybody(group):
        return Leg(group, grant, Mode.ALL, people)
    return Leg(group, grant, Mode.BATCH, people, size)


_UNAVOIDABLE = """SELECT m.group_id, COUNT(DISTINCT CASE WHEN e.number IS NOT NULL THEN m.mobile_number END),
COUNT(DISTINCT CASE WHEN e.number IS NULL THEN m.mobile_number END),
COUNT(DISTINCT CASE WHEN e.number IS NULL AND EXISTS (SELECT 1 FROM groups_subscriber s
JOIN groups_group g ON g.id = s.group_id WHERE s.mobile_number = m.mobile_number AND s.gone_at IS NULL
AND g.tenant_id = %s AND g.gone_at IS NULL) THEN m.mobile_number END)
FROM groups_member m LEFT JOIN kza_left_out e ON e.number = m.mobile_number AND e.code <> %s
WHERE m.group_id IN ({keys}) AND m.gone_at IS NULL AND m.mobile_number <> '' GROUP BY m.group_id"""


def _unavoidable(snapshot: Snapshot) -> list[Unavoidable]:
    """For the groups that hold people who were to be left out. Two queries."""
    groups = {group.pk: group for group in snapshot.scope.whole}
    affected = _affected(groups)
    if not affected:
        return []
    sql = _UNAVOIDABLE.format(keys=_listed(affected))
    with connection.cursor() as cursor:
        cursor.execute(sql, [snapshot.scope.broadcast.tenant_id, int(Why.IN_WHOLE_GROUP)])
        counted = {pk: counts for pk, *counts in cursor.fetchall()}
    return [Unavoidable(groups[pk], *counted[pk]) for pk in groups if pk in counted]


def _affected(group_ids: Iterable[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT m.group_id FROM groups_member m "
            f"JOIN kza_left_out e ON e.number = m.mobile_number "
            f"WHERE m.group_id IN ({_listed(group_ids)}) AND m.gone_at IS NULL AND e.code <> %s",
            [int(Why.IN_WHOLE_GROUP)],
        )
        return [row[0] for row in cursor.fetchall()]


def _listed(keys: Iterable[int]) -> str:
    return ", ".join(str(int(key)) for key in keys)

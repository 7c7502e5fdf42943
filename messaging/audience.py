"""Whom a broadcast is for. One way to work it out, for the check and for the launch, so that they agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from groups import queries
from groups.models import Group, Member, Subscriber
from kaizala_admin.connectors.models import Grant

from .models import AudienceLine, Broadcast, Dispatch

GROUPS, PUBLIC, PEOPLE = "groups", "public", "people"
MODES = (GROUPS, PUBLIC, PEOPLE)
Person = tuple[str, str]  # mobile number, name


@dataclass(frozen=True)
class Choice:
    """What the form says: a mode, the groups' primary keys, and whether one call shall go to all."""

    mode: str
    group_ids: tuple[int, ...]
    send_to_all: bool = False

    @classmethod
    def of(cls, audience: dict[str, Any]) -> "Choice":
        """Reads Broadcast.audience; an unknown or empty one is no groups at all."""
        ids = tuple(int(pk) for pk in audience.get("groups", ()))
        return cls(str(audience.get("mode", GROUPS)), ids, bool(audience.get("send_to_all")))

    def as_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "groups": list(self.group_ids), "send_to_all": self.send_to_all}


@dataclass(frozen=True)
class Part:
    """One call to be made. `people` is empty for a whole group, whose `count` the mirror tells."""

    group: Group
    grant: Grant | None
    mode: str
    people: tuple[Person, ...] = ()
    count: int = 0


@dataclass
class Audience:
    """The groups of a choice, in its order, with the grant that reaches each."""

    broadcast: Broadcast
    choice: Choice
    groups: list[Group] = field(default_factory=list)
    grants: dict[int, Grant] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        """Every call, in order. In batches nobody is named twice, also not over several groups."""
        seen: set[str] = set()
        for group in self.groups:
            grant = self.grants.get(group.pk)
            if self.choice.mode == GROUPS:
                yield Part(group, grant, Dispatch.Mode.GROUP, count=group.member_count)
            elif self.choice.send_to_all and self.choice.mode == PUBLIC:
                people = tuple(_once(queries.subscriber_numbers(group), set()))
                if people:
                    yield Part(group, grant, Dispatch.Mode.ALL, people, len(people))
            else:
                size = grant.connector.batch_size if grant else 30
                for some in _batches(_once(self._people(group), seen), size):
                    yield Part(group, grant, Dispatch.Mode.BATCH, some, len(some))

    def _people(self, group: Group) -> Iterator[Person]:
        if self.choice.mode == PUBLIC:
            return queries.subscriber_numbers(group)
        return _subscribed(self.broadcast, group)


def of(broadcast: Broadcast) -> Audience:
    """Two queries: the groups, and their best grants."""
    choice = Choice.of(broadcast.audience)
    found = Group.objects.in_bulk(choice.group_ids)
    groups = [found[pk] for pk in choice.group_ids if pk in found]
    grants = queries.best_grants([group.pk for group in groups])
    return Audience(broadcast, choice, groups, grants)


def distinct_people(audience: Audience) -> int:
    """How many different people whole groups come to, as far as the mirror knows their numbers."""
    members = Member.objects.filter(group__in=audience.groups, gone_at__isnull=True)
    return members.values("person_id").distinct().count()


def distinct_subscribers(audience: Audience) -> int:
    """The same for the subscribers of several public groups."""
    people = Subscriber.objects.filter(group__in=audience.groups, gone_at__isnull=True).exclude(
        mobile_number=""
    )
    return people.values("mobile_number").distinct().count()


def unreachable(audience: Audience) -> int:
    """Subscribers without a number: Kaizala cannot be told their names in a batch."""
    people = Subscriber.objects.filter(group__in=audience.groups, gone_at__isnull=True, mobile_number="")
    return people.count()


def not_subscribed(broadcast: Broadcast, group: Group) -> QuerySet[AudienceLine]:
    """Lines with a good number that nobody in the group's mirror has."""
    good = AudienceLine.objects.filter(broadcast=broadcast, problem="").order_by("line", "id")
    return good.exclude(Exists(_followers(group)))


def _subscribed(broadcast: Broadcast, group: Group) -> Iterator[Person]:
    """Two queries a thousand lines, by key: the lines, then who of them follows the group."""
    good = AudienceLine.objects.filter(broadcast=broadcast, problem="").order_by("id")
    last = 0
    while some := list(good.filter(id__gt=last).values_list("id", "mobile_number")[:500]):
        last = some[-1][0]
        names = dict(_names(group, [number for _, number in some]))
        yield from ((number, names[number]) for _, number in some if number in names)


def _names(group: Group, numbers: Sequence[str]) -> QuerySet[Subscriber, tuple[str, str]]:
    present = Subscriber.objects.filter(group=group, gone_at__isnull=True, mobile_number__in=numbers)
    return present.order_by().values_list("mobile_number", "name")


def _followers(group: Group) -> QuerySet[Subscriber]:
    return Subscriber.objects.filter(
        group=group, gone_at__isnull=True, mobile_number=OuterRef("mobile_number")
    )


def _once(people: Iterator[Person], seen: set[str]) -> Iterator[Person]:
    for number, name in people:
        if number not in seen:
            seen.add(number)
            yield number, name


def _batches(people: Iterator[Person], size: int) -> Iterator[tuple[Person, ...]]:
    """Never an empty one: that would post to the whole group (contract 7)."""
    some: list[Person] = []
    for person in people:
        some.append(person)
        if len(some) == size:
            yield tuple(some)
            some = []
    if some:
        yield tuple(some)

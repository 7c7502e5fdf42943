"""Who has joined an audience since its broadcast was launched, and the audience of just those."""

from copy import copy
from dataclasses import dataclass, replace

from messaging.models import Broadcast, Delivery

from .expression import MIX, Expression
from .scope import scope_of
from .snapshot import taken


@dataclass(frozen=True)
class Joined:
    """`people` can be written to one by one; `only_in_groups` are members who follow no public group."""

    people: int
    only_in_groups: int


def count(broadcast: Broadcast) -> Joined:
    """Looks only at rows of the mirror that are newer than the launch: quick, however many there are."""
    asked = copy(broadcast)
    asked.audience = follow_up(broadcast).as_json()
    with taken(asked, since=broadcast.stamp) as snapshot:
        return Joined(snapshot.people, snapshot.lost)


def follow_up(broadcast: Broadcast) -> Expression:
    """The same audience without everybody in the ledger. Its whole groups are named member by member:
    calling them again would reach everybody in them again."""
    said = Expression.of(broadcast.audience)
    called = Delivery.objects.filter(broadcast=broadcast, mobile_number="")
    whole: list[int] = list(called.values_list("group_id", flat=True))
    whole += [group.pk for group in scope_of(broadcast).whole]
    singles = tuple(dict.fromkeys((*said.include.one_by_one, *whole)))
    include = replace(said.include, groups=(), sub_groups=False, skip=(), one_by_one=singles)
    exclude = replace(said.exclude, listed_in=(*said.exclude.listed_in, broadcast.pk))
    return replace(said, include=include, exclude=exclude, mode=MIX)

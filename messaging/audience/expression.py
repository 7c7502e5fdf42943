"""What `Broadcast.audience` says: whom to include, whom to leave out, and how to go about it.

Stored with a version. A draft without one is of the first kind, a mode and its groups (`Choice`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self, TypeVar

VERSION = 2
GROUPS, PUBLIC, PEOPLE, MIX = "groups", "public", "people", "mix"
MODES = (GROUPS, PUBLIC, PEOPLE, MIX)
T = TypeVar("T")
Ids = tuple[int, ...]


class Plan(StrEnum):
    """How subscribers are called. `ALL` is what `CHEAPEST` is, also where it saves no call."""

    CHEAPEST = "cheapest"  # one call to all, where the audience is exactly everybody who follows a group
    BATCHES = "batches"
    ALL = "all"


@dataclass(frozen=True)
class Include:
    """A union. Groups are called as a whole; all others are reached one by one, as subscribers.

    `one_by_one` are groups whose members are named singly instead, `skip` groups that are not called at all;
    both also take out what `sub_groups` brings.
    """

    groups: Ids = ()
    sub_groups: bool = False
    one_by_one: Ids = ()
    skip: Ids = ()
    public: Ids = ()
    every_public: bool = False
    saved: Ids = ()
    numbers: bool = False


@dataclass(frozen=True)
class Exclude:
    """A union too. `listed_in` are broadcasts whose whole ledger is left out, whatever came of its lines.

    `without_value`: whose personal text lacks a value, or could not be sent.
    """

    groups: Ids = ()
    sub_groups: bool = False
    saved: Ids = ()
    do_not_contact: bool = True
    reached_by: Ids = ()
    reached_days: int = 0
    listed_in: Ids = ()
    without_value: bool = False


@dataclass(frozen=True)
class Expression:
    """`through`: the public groups that carry messages to numbers; empty means any that we reach."""

    include: Include = field(default_factory=Include)
    exclude: Exclude = field(default_factory=Exclude)
    through: Ids = ()
    plan: Plan = Plan.CHEAPEST
    mode: str = GROUPS  # the part of the form that it was written in

    @classmethod
    def of(cls, audience: Mapping[str, Any]) -> Self:
        """Reads Broadcast.audience of any version; an unknown or empty one is nobody."""
        if audience.get("version") != VERSION:
            return cls.of_choice(Choice.of(audience))
        return cls(
            include=_read(Include, audience.get("include")),
            exclude=_read(Exclude, audience.get("exclude")),
            through=_ids(audience.get("through")),
            plan=_plan(audience.get("plan")),
            mode=_mode(audience.get("mode")),
        )

    @classmethod
    def of_choice(cls, choice: "Choice") -> Self:
        """A mode of today. Its calls are batches unless one call to all was asked for."""
        include = {
            GROUPS: Include(groups=choice.group_ids),
            PUBLIC: Include(public=choice.group_ids),
            PEOPLE: Include(numbers=True),
        }.get(choice.mode, Include())
        through = choice.group_ids if choice.mode == PEOPLE else ()
        plan = Plan.ALL if choice.send_to_all else Plan.BATCHES
        return cls(include=include, through=through, plan=plan, mode=_mode(choice.mode))

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION, **asdict(self)}

    @property
    def saved_ids(self) -> Ids:
        """Every saved audience that it uses."""
        return tuple(dict.fromkeys((*self.include.saved, *self.exclude.saved)))

    @property
    def is_empty(self) -> bool:
        """Nothing is included, so that it cannot reach anybody."""
        return self.include == Include(sub_groups=self.include.sub_groups, skip=self.include.skip)

    @property
    def leaves_out(self) -> bool:
        """Whether somebody chose an exclusion beside the do-not-contact list, which is the rule."""
        return self.exclude != Exclude(do_not_contact=self.exclude.do_not_contact)


@dataclass(frozen=True)
class Choice:
    """The first version: a mode, the groups' primary keys, and whether one call shall go to all."""

    mode: str
    group_ids: Ids
    send_to_all: bool = False

    @classmethod
    def of(cls, audience: Mapping[str, Any]) -> Self:
        """An unknown or empty one is no groups at all."""
        mode = str(audience.get("mode", GROUPS))
        return cls(mode, _ids(audience.get("groups")), bool(audience.get("send_to_all")))

    def as_json(self) -> dict[str, Any]:
        return {"mode": self.mode, "groups": list(self.group_ids), "send_to_all": self.send_to_all}


def _read(kind: type[T], said: Any) -> T:
    """What is missing, or is not what it should be, is as if nobody had said it."""
    told = said if isinstance(said, Mapping) else {}
    values: dict[str, Any] = {}
    for one in fields(kind):  # type: ignore[arg-type]
        default = one.default
        if one.name not in told:
            continue
        if isinstance(default, bool):
            values[one.name] = bool(told[one.name])
        elif isinstance(default, int):
            values[one.name] = int(told[one.name] or 0)
        else:
            values[one.name] = _ids(told[one.name])
    return kind(**values)


def _ids(said: Any) -> Ids:
    """Each once, in their order."""
    found: Iterable[Any] = said if isinstance(said, list | tuple) else ()
    return tuple(dict.fromkeys(int(one) for one in found))


def _plan(said: Any) -> Plan:
    return Plan(said) if said in list(Plan) else Plan.CHEAPEST


def _mode(said: Any) -> str:
    return said if said in MODES else GROUPS

"""Between the compose form's fields and an expression."""

from collections.abc import Iterable, Mapping
from typing import Any

from .expression import GROUPS, MIX, PEOPLE, PUBLIC, Exclude, Expression, Ids, Include, Plan

Said = Mapping[str, Any]


def expression_of(said: Said, *, numbers: bool, kept: Expression) -> Expression:
    """What the cleaned form says. What only the check page can set, and still fits, is kept as it was."""
    mode = said["mode"]
    groups = _keys(said, "groups") if mode in (GROUPS, MIX) else ()
    sub_groups = bool(groups and said.get("sub_groups"))
    same = mode == kept.mode and groups == kept.include.groups and sub_groups == kept.include.sub_groups
    include = Include(
        groups=groups,
        sub_groups=sub_groups,
        one_by_one=kept.include.one_by_one if same else (),
        skip=kept.include.skip if same else (),
        public=_keys(said, "public") if mode in (PUBLIC, MIX) else (),
        every_public=mode in (PUBLIC, MIX) and bool(said.get("every_public")),
        saved=_keys(said, "saved") if mode == MIX else (),
        numbers=numbers and mode in (PEOPLE, MIX),
    )
    through: Ids = ()
    if mode == PEOPLE:
        through = (said["to"].pk,)
    elif mode == MIX:
        through = _keys(said, "through")
    return Expression(include, _exclude(said, kept), through, _plan(said), mode)


def _exclude(said: Said, kept: Expression) -> Exclude:
    groups = _keys(said, "left_groups")
    return Exclude(
        groups=groups,
        sub_groups=bool(groups and said.get("left_sub_groups")),
        saved=_keys(said, "left_saved"),
        do_not_contact=not said.get("also_barred"),
        reached_by=_keys(said, "reached_by"),
        reached_days=said.get("reached_days") or 0,
        listed_in=kept.exclude.listed_in,
    )


def _plan(said: Said) -> Plan:
    return Plan.BATCHES if said.get("batches") else Plan.CHEAPEST


def _keys(said: Said, name: str) -> Ids:
    rows: Iterable[Any] = said.get(name) or ()
    return tuple(row.pk for row in rows)


def initial_of(expression: Expression) -> dict[str, Any]:
    """What the form shows for it."""
    include, exclude = expression.include, expression.exclude
    single = expression.mode == PEOPLE
    return {
        "mode": expression.mode,
        "groups": list(include.groups),
        "sub_groups": include.sub_groups,
        "public": list(include.public),
        "every_public": include.every_public,
        "saved": list(include.saved),
        "to": expression.through[0] if single and expression.through else None,
        "through": [] if single else list(expression.through),
        "left_groups": list(exclude.groups),
        "left_sub_groups": exclude.sub_groups,
        "left_saved": list(exclude.saved),
        "reached_by": list(exclude.reached_by),
        "reached_days": exclude.reached_days or None,
        "also_barred": not exclude.do_not_contact,
        "batches": expression.plan == Plan.BATCHES,
    }

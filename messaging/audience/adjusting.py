"""Small changes to an expression, as the check page offers them."""

from dataclasses import replace

from .expression import Expression, Ids, Plan


def leave_out_group(said: Expression, group_id: int) -> Expression:
    """The group is not called, also when it is below another one."""
    include = said.include
    include = replace(
        include,
        groups=_without(include.groups, group_id) if not include.sub_groups else include.groups,
        one_by_one=_without(include.one_by_one, group_id),
        skip=_with(include.skip, group_id),
    )
    return replace(said, include=include)


def name_members(said: Expression, group_id: int) -> Expression:
    """The group's members are named one by one instead, so that some can be left out."""
    include = said.include
    include = replace(
        include, one_by_one=_with(include.one_by_one, group_id), skip=_without(include.skip, group_id)
    )
    return replace(said, include=include)


def call_whole(said: Expression, group_id: int) -> Expression:
    """Back to one call to the whole group."""
    include = said.include
    include = replace(
        include,
        one_by_one=_without(include.one_by_one, group_id),
        skip=_without(include.skip, group_id),
        groups=include.groups if include.sub_groups else _with(include.groups, group_id),
    )
    return replace(said, include=include)


def in_batches(said: Expression) -> Expression:
    return replace(said, plan=Plan.BATCHES)


def in_fewest_calls(said: Expression) -> Expression:
    return replace(said, plan=Plan.CHEAPEST)


def leave_out_faulty(said: Expression) -> Expression:
    """Without those whose personal text could not be sent."""
    return replace(said, exclude=replace(said.exclude, without_value=True))


def _with(ids: Ids, one: int) -> Ids:
    return tuple(dict.fromkeys((*ids, one)))


def _without(ids: Ids, one: int) -> Ids:
    return tuple(key for key in ids if key != one)

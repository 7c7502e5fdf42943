"""Links between groups, made and taken off many at once: one graph, one look at the grants, one insert."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from groups.models import Group, Reach
from kaizala_admin.connectors.models import Grant, Tenant
from kaizala_admin.outbox import services as outbox

from . import checking
from .checking import CannotChange
from .models import GroupChange
from .posting import By, change_of

Pair = tuple[Group, Group]  # parent, child
Answer = GroupChange | CannotChange
Ask = Callable[[Group, Group, Mapping[int, Sequence[Reach]]], Grant]


def link(pairs: Sequence[Pair], *, by: By = None, **more: Any) -> list[Answer]:
    """Each in line, or why it cannot be, in the order of the pairs, whose parents are of one tenant.

    A ring is refused, also one with links in line or with an earlier pair.
    """
    tenant = pairs[0][0].tenant_id
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant)  # one at a time, or two make a ring
        children = checking.links_of([tenant])

        def ask(parent: Group, child: Group, reaches: Mapping[int, Sequence[Reach]]) -> Grant:
            _need_present(parent, child)
            checking.need_no_ring(parent, child, children)
            grant = checking.grant_for_link(parent, child, reaches)
            children[parent.pk].add(child.pk)
            return grant

        return _post(GroupChange.Kind.LINK, pairs, ask, by, more)


def unlink(pairs: Sequence[Pair], *, by: By = None, **more: Any) -> list[Answer]:
    """The same for sub-groups that are to be none any longer; Kaizala wants an admin of the parent."""

    def ask(parent: Group, child: Group, reaches: Mapping[int, Sequence[Reach]]) -> Grant:
        return checking.grant_of(parent, reaches[parent.pk])

    return _post(GroupChange.Kind.UNLINK, pairs, ask, by, more)


def _post(kind: str, pairs: Sequence[Pair], ask: Ask, by: By, more: dict[str, Any]) -> list[Answer]:
    reaches = checking.reaches_of({group.pk for pair in pairs for group in pair})
    answers: list[Answer] = []
    for parent, child in pairs:
        try:
            answers.append(change_of(kind, ask(parent, child, reaches), parent, {}, by, other=child, **more))
        except CannotChange as error:
            answers.append(error)
    with transaction.atomic():
        outbox.post([answer for answer in answers if isinstance(answer, GroupChange)])
    return answers


def _need_present(parent: Group, child: Group) -> None:
    if child.gone_at or child.tenant_id != parent.tenant_id:
        raise CannotChange(
            _("“%(group)s” is not at Kaizala any more, or belongs to another organisation.")
            % {"group": child.name}
        )

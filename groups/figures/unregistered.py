"""Who has not set up the app, as an export: each person once, with the groups where he or she is."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from groups.exporting import Names
from groups.models import Group, Member, Subscriber
from kaizala_admin import exports
from kaizala_admin.exports import BadParameters, phone, text, time
from kaizala_admin.exports.kinds import Parameters, Row

from .heads import branch_of, people_of

COLUMNS = (
    text("name", _lazy("name")),
    phone("mobile_number", _lazy("mobile number")),
    text("groups", _lazy("groups")),
    time("first_seen_at", _lazy("first seen")),
)
SIZE = 5_000  # rows of one query; more than one number ever has
Line = tuple[str, str, int, bool, Any]


def rows(parameters: Parameters) -> Iterator[Row]:
    """{"branch": a group's key} or {} for everybody. People without a number cannot be listed."""
    groups, names = _groups(parameters), Names()
    lines = merge(_lines(Member, groups), _lines(Subscriber, groups), key=itemgetter(0))
    for number, same in groupby(lines, key=itemgetter(0)):
        found = list(same)
        if not any(line[3] for line in found):
            name = next((line[1] for line in found if line[1]), "")
            where = ", ".join(dict.fromkeys(names[line[2]] for line in found))
            yield name, number, where, min(line[4] for line in found)


def count(parameters: Parameters) -> int:
    """Of all people not registered; those without a number are among them."""
    people, registered = people_of(_groups(parameters))
    return people - registered


def _groups(parameters: Parameters) -> set[int]:
    if not (key := parameters.get("branch")):
        return set(Group.objects.filter(gone_at__isnull=True).values_list("pk", flat=True))
    group = Group.objects.filter(pk=key).first() if isinstance(key, int) else None
    if group is None:
        raise BadParameters(_("There is no such group."))
    return branch_of(group)


def _lines(model: type[Any], groups: set[int]) -> Iterator[Line]:
    """In the order of the numbers, by their index; a page begins with the last number of the one before."""
    fields = ("mobile_number", "name", "group_id", "is_provisioned", "first_seen_at")
    present = model._default_manager.filter(gone_at__isnull=True, mobile_number__gt="")
    asked = present.order_by("mobile_number").values_list(*fields)
    page = list(asked[:SIZE])
    while page:
        last = page[-1][0]
        full = len(page) == SIZE
        yield from (line for line in page if line[2] in groups and (not full or line[0] != last))
        page = list(asked.filter(mobile_number__gte=last)[:SIZE]) if full else []


def register() -> None:
    """Once, at start-up."""
    title = _lazy("People who are not registered")
    exports.register("groups.unregistered", title, "groups.view_member", COLUMNS, rows, count)

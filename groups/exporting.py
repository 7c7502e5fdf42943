"""Groups, members and subscribers as exports: with the lists' filters, or those that are ticked."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from groups.models import Group, Member, Subscriber
from kaizala_admin import exports
from kaizala_admin.exports import Column, flag, in_pages, number, phone, text, time
from kaizala_admin.exports.columns import Columns
from kaizala_admin.exports.kinds import Parameters, Row
from kaizala_admin.exports.lists import list_rows
from kaizala_admin.exports.paging import pages, turned

GROUP = (
    text("tenant", _("tenant")),
    text("name", _("name")),
    text("group_id", _("group ID")),
    text("group_type", _("type")),
    number("member_count", _("members")),
    number("subscriber_count", _("subscribers")),
    number("unprovisioned_count", _("not registered")),
    flag("has_sub_groups", _("has sub-groups")),
    time("synced_at", _("last synced")),
    time("first_seen_at", _("first seen")),
    time("gone_at", _("gone since")),
)
PERSON = (
    text("group", _("group")),
    text("name", _("name")),
    phone("mobile_number", _("mobile number")),
    text("person_id", _("user ID")),
    flag("is_provisioned", _("registered")),
    time("first_seen_at", _("first seen")),
    time("back_at", _("back since")),
    time("gone_at", _("gone since")),
)
MEMBER = (*PERSON, text("role", _("role")))


class Names(dict[int, str]):
    """Names of groups by primary key, each asked for once: quicker than a join for a million rows."""

    def __missing__(self, key: int) -> str:
        self[key] = Group.objects.values_list("name", flat=True).get(pk=key)
        return self[key]


def groups(parameters: Parameters) -> Iterator[Row]:
    fields = ["tenant__name", *(column.key for column in GROUP[1:])]
    return in_pages(list_rows(Group, parameters), *fields)


def people(model: type[Any], parameters: Parameters, columns: Sequence[Column]) -> Iterator[Columns]:
    """A page at a time, the group's key turned to its name."""
    names = Names()
    for page in pages(list_rows(model, parameters), "group_id", *(column.key for column in columns[1:])):
        _keys, groups, *others = turned(page)
        yield [[names[group] for group in groups], *others]


def count(model: type[Any], parameters: Parameters) -> int:
    return list_rows(model, parameters).count()


def register_all() -> None:
    """Once, at start-up."""
    exports.register("groups.groups", _("Groups"), "groups.view_group", GROUP, groups, partial(count, Group))
    for key, title, model, columns in (
        ("members", _("Members"), Member, MEMBER),
        ("subscribers", _("Subscribers"), Subscriber, PERSON),
    ):
        exports.register(
            f"groups.{key}",
            title,
            f"groups.view_{model._meta.model_name}",
            columns,
            count=partial(count, model),
            pages=partial(people, model),
        )

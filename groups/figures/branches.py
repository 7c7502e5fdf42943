"""Adoption by branch as an export: each group that has sub-groups, with itself and all below it."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from kaizala_admin import exports
from kaizala_admin.exports import number, text
from kaizala_admin.exports.kinds import Parameters, Row

from . import reading

COLUMNS = (
    text("tenant", _("tenant")),
    text("branch", _("branch")),
    text("group_id", _("group ID")),
    number("groups", _("groups")),
    number("people", _("people")),
    number("registered", _("registered")),
    number("unregistered", _("not registered")),
)


def rows(parameters: Parameters) -> Iterator[Row]:
    """{}: all of them, those with the most people who are not registered first."""
    for one in reading.branches().select_related("group", "tenant").iterator(chunk_size=2_000):
        group = one.group
        assert group is not None  # `branches` leaves the tenants' own counts out
        counts = (one.groups, one.people, one.registered, one.unregistered)
        yield one.tenant.name, group.name, group.group_id, *counts


def count(parameters: Parameters) -> int:
    return reading.branches().count()


def register() -> None:
    """Once, at start-up."""
    exports.register("groups.branches", _("Adoption by branch"), "groups.view_group", COLUMNS, rows, count)

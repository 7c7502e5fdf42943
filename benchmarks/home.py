"""The home page with a year of work behind it."""

from collections.abc import Iterator

from django.db import connection
from django.urls import reverse

from benchmarks.ground import Ground, on_database
from benchmarks.measure import Line
from benchmarks.pages import analyse, compare
from benchmarks.year import spend_a_year
from kaizala_admin.ui.base import BaseAdmin

FEW = BaseAdmin.list_per_page  # so that both lists draw as many rows


def measure(ground: Ground) -> Iterator[Line]:
    """A page full of broadcasts against a year of them, each with its calls and its ledger."""
    size = ground.size
    ground.rest()
    few, many = str(connection.settings_dict["NAME"]), ground.second_database()
    for database, broadcasts in ((few, FEW), (many, size.broadcasts)):
        with on_database(database):
            spend_a_year(broadcasts, size.people)
            analyse()
    pages = {"home page": reverse("admin:index")}
    lists = {
        "list of broadcasts": reverse("admin:messaging_broadcast_changelist"),
        "Outbox page": reverse("admin:outbox"),
    }
    what = f"{FEW} broadcasts"
    yield from compare(few, many, pages | lists, what, f"{size.broadcasts:,} broadcasts", size.is_full)

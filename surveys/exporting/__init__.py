"""Responses as tables and maps, through `kaizala_admin.exports` and by stable addresses."""

from django.utils.translation import gettext_lazy as _

from kaizala_admin import exports

from . import rows as table

KEY = "surveys.responses"


def register() -> None:
    """At start-up."""
    what = (_("Responses"), "surveys.view_response")
    exports.register(KEY, *what, columns=table.columns, rows=table.rows, count=table.count)

"""Responses as tables, maps and pictures, through `kaizala_admin.exports` and by stable addresses."""

from django.utils.translation import gettext_lazy as _

from kaizala_admin import exports

from . import pictures, streams
from . import rows as table

KEY, PLACES, PICTURES = "surveys.responses", "surveys.places", "surveys.pictures"
MAY = "surveys.view_response"
KINDS = {"csv": KEY, "xlsx": KEY, "jsonl": KEY, "geojson": PLACES, "zip": PICTURES}  # by format


def register() -> None:
    """At start-up."""
    exports.register(KEY, _("Responses"), MAY, columns=table.columns, pages=table.pages, count=table.count)
    exports.register(
        PLACES,
        _("Places of responses"),
        MAY,
        count=table.count,
        write=streams.write_geojson,
        formats=("geojson",),
    )
    exports.register(
        PICTURES,
        _("Files of responses"),
        MAY,
        count=pictures.count,
        write=pictures.write,
        formats=("zip",),
    )

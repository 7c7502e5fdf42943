"""Unfold's settings: names, mark, colours, sidebar. `settings.UNFOLD` is this."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# A calm teal, dark enough that white words on 600 read well (5.5 : 1).
PRIMARY = {
    "50": "oklch(98.4% .014 180.7)",
    "100": "oklch(95.3% .04 180.8)",
    "200": "oklch(90% .075 181)",
    "300": "oklch(83% .1 182)",
    "400": "oklch(75% .11 183)",
    "500": "oklch(64% .105 184)",
    "600": "oklch(51.1% .09 186.4)",
    "700": "oklch(44.5% .077 188)",
    "800": "oklch(38.6% .063 188.4)",
    "900": "oklch(31.5% .052 190)",
    "950": "oklch(25% .042 192.5)",
}


def mark(request: HttpRequest) -> str:
    return static("ui/mark.svg")


def style(request: HttpRequest) -> str:
    return static("ui/ui.css")


def script(request: HttpRequest) -> str:
    return static("ui/ui.js")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Kaizala Admin"),
    "SITE_HEADER": _("Kaizala Admin"),
    "SITE_URL": None,
    "SITE_ICON": mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": mark}],
    "STYLES": [style],
    "SCRIPTS": [script],
    "COLORS": {"primary": PRIMARY},
    "BORDER_RADIUS": "6px",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "ENVIRONMENT": "kaizala_admin.dashboard.environment",
    "DASHBOARD_CALLBACK": "kaizala_admin.dashboard.home",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "kaizala_admin.ui.navigation.navigation",
    },
}

"""A list's headings are drawn once. Unfold draws them anew for each row, a checkbox's template among them."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from unfold.templatetags import unfold_list

draw = unfold_list.result_headers


def draw_once() -> None:
    """Every list of the console, from now on."""
    unfold_list.result_headers = headings


def headings(changes: ChangeList) -> list[dict[str, Any]]:
    """Those of one list on one page: text, class and links that sort, as Unfold's template reads them."""
    kept: dict[str, Any] = vars(changes)
    if "headings" not in kept:
        kept["headings"] = list(draw(changes))
    found: list[dict[str, Any]] = kept["headings"]
    return found

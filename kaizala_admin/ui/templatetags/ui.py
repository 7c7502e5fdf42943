"""`{% load ui %}`: the console's small components. Their templates are in `templates/ui/`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

TONES = {
    "success": "success",
    "good": "success",
    "info": "info",
    "warning": "warning",
    "danger": "danger",
    "bad": "danger",
    "primary": "primary",
}
SERIES_COLOURS = (
    "--color-primary-500",
    "--kza-series-2",
    "--kza-series-3",
    "--kza-series-4",
    "--kza-series-5",
    "--kza-series-6",
)


def tone_of(tone: str) -> str:
    """The name that the style sheet knows; anything else is neutral."""
    return TONES.get(tone, "neutral")


def per_cent(done: int, total: int) -> int:
    """Whole per cent, 0 to 100; 100 only when all is done."""
    if total <= 0:
        return 0
    return 100 if done >= total else max(0, done * 100 // total)


@register.inclusion_tag("ui/progress.html")
def progress(done: int, total: int, label: str = "", tone: str = "primary") -> dict[str, Any]:
    """A progress bar with its numbers. `done` and `total` are counts; a total of 0 shows "not known yet"."""
    done, total = int(done or 0), int(total or 0)
    return {
        "done": done,
        "total": total,
        "shown": min(done, total),
        "label": label or _("Progress"),
        "caption": label,
        "per_cent": per_cent(done, total),
        "tone": tone_of(tone),
    }


@register.inclusion_tag("ui/number_tile.html")
def number(value: Any, label: str, url: str = "", tone: str = "", hint: str = "") -> dict[str, Any]:
    """A big number; with `url` the whole tile leads to the rows behind it."""
    return {"value": value, "label": label, "url": url, "tone": tone_of(tone), "hint": hint}


@register.inclusion_tag("ui/badge.html")
def badge(text: str, tone: str = "", url: str = "", icon: str = "") -> dict[str, Any]:
    """A short word in a coloured box. Tones: success, info, warning, danger, primary; else neutral."""
    return {"text": text, "tone": tone_of(tone), "url": url, "icon": icon}


@register.inclusion_tag("ui/empty.html")
def empty_state(
    title: str, text: str = "", url: str = "", label: str = "", icon: str = "inbox"
) -> dict[str, Any]:
    """What a page says when it has nothing to show, and the one thing to do about it."""
    return {"title": title, "text": text, "url": url, "label": label, "icon": icon}


@register.inclusion_tag("ui/phone.html")
def phone_preview(message: str, sender: str = "", source: str = "") -> dict[str, Any]:
    """How a message looks on a phone. `source`: id of the field to follow while typing."""
    return {"message": message or "", "sender": sender or "Kaizala", "source": source}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Iterable[Any], active: str, label: str = "") -> dict[str, Any]:
    """Links that look like tabs. Each item has `key`, `title`, `url` and, if it likes, `count`."""
    return {"items": list(items), "active": active, "label": label or _("Sections")}


_QUIET = "#7c8594"  # that can be read on white and on black
CHART_OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "datasets": {
            "bar": {"maxBarThickness": 28, "borderRadius": 3},
            "line": {"borderWidth": 2, "pointRadius": 2},
        },
        "scales": {
            "x": {"grid": {"display": False}, "ticks": {"color": _QUIET, "maxTicksLimit": 12}},
            "y": {
                "beginAtZero": True,
                "border": {"display": False},
                "ticks": {"color": _QUIET, "precision": 0},
            },
        },
    }
)


def chart_rows(
    labels: Sequence[Any], series: Sequence[tuple[str, Sequence[Any]]]
) -> list[tuple[Any, list[Any]]]:
    """The table that says the same as the chart: one row a label, one column a series."""
    return [(label, [values[at] for _name, values in series]) for at, label in enumerate(labels)]


def chart_data(labels: Sequence[Any], series: Sequence[tuple[str, Sequence[Any]]]) -> str:
    """What Chart.js reads, as JSON."""
    datasets = [
        {
            "label": str(name),
            "data": list(values),
            "backgroundColor": f"var({colour})",
            "borderColor": f"var({colour})",
        }
        for (name, values), colour in zip(series, SERIES_COLOURS * len(series), strict=False)
    ]
    return json.dumps({"labels": [str(label) for label in labels], "datasets": datasets})


@register.inclusion_tag("ui/chart.html")
def chart(
    title: str,
    labels: Sequence[Any],
    series: Mapping[str, Sequence[Any]] | Sequence[tuple[str, Sequence[Any]]],
    kind: str = "bar",
    first: str = "",
) -> dict[str, Any]:
    """A Chart.js chart (bar or line) and the same figures as a table; `first` heads its first column."""
    pairs = list(series.items()) if isinstance(series, Mapping) else list(series)
    if len(labels) < 2:
        kind = "bar"  # a line of one point cannot be seen
    return {
        "title": title,
        "kind": kind,
        "first": first,
        "data": chart_data(labels, pairs),
        "options": CHART_OPTIONS,
        "names": [name for name, _values in pairs],
        "legend": list(zip([name for name, _values in pairs], SERIES_COLOURS * len(pairs), strict=False)),
        "rows": chart_rows(labels, pairs),
    }


@dataclass(frozen=True)
class BarLine:
    """One bar of `bars`: of the series `name`; `width` in per cent of the longest bar."""

    name: str
    colour: str
    count: int
    share: float
    width: float


@register.inclusion_tag("ui/bars.html")
def bars(
    title: str,
    labels: Sequence[Any],
    series: Sequence[tuple[str, Sequence[int], Sequence[float]]],
    first: str = "",
) -> dict[str, Any]:
    """Bars beside their labels, which may be long, in a table that says the same.

    A series is its name, how many people each label has, and how many per cent that is; its bars are as long
    as the shares. `first` heads the labels.
    """
    most = max((share for _name, _counts, shares in series for share in shares), default=0) or 1
    names = [name for name, _counts, _shares in series]
    legend = list(zip(names, SERIES_COLOURS * len(names), strict=False))
    rows = [
        (
            label,
            [
                BarLine(name, colour, counts[at], shares[at], 100 * shares[at] / most)
                for (name, colour), (_name, counts, shares) in zip(legend, series, strict=True)
            ],
        )
        for at, label in enumerate(labels)
    ]
    return {"title": title, "first": first, "names": names, "legend": legend, "rows": rows}


@register.simple_tag
def ago(when: datetime | None, never: str = "") -> SafeString:
    """ "5 minutes ago", with the exact time in the reader's zone behind it; None reads "never"."""
    if when is None:
        return format_html("<span>{}</span>", never or _("never"))
    exact = formats.date_format(timezone.localtime(when), "DATETIME_FORMAT")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.isoformat(timespec="seconds"),
        exact,
        naturaltime(when),
    )


@register.filter
def capped(count: int) -> str:
    """10001 reads "10,000+": lists stop counting there (`CappedPaginator`)."""
    from kaizala_admin.ui.paginator import capped_text

    return capped_text(count)


@register.simple_tag
def nothing_of(changes: Any) -> tuple[str, str] | None:
    """Words for an empty list that one of its filters explains: (title, text), by its attribute `nothing`."""
    chosen = [one for one in changes.filter_specs if getattr(one, "nothing", None) and one.value()]
    return chosen[0].nothing if len(chosen) == 1 and not changes.query else None

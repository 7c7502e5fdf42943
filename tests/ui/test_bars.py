"""Bars beside their labels, and the table that they are."""

from __future__ import annotations

from django.template import Context, Template

TEMPLATE = Template("{% load ui %}{% bars 'Crop' labels series 'Answer' %}")


def drawn(*series: tuple[str, list[int], list[float]]) -> str:
    return TEMPLATE.render(Context({"labels": ["Good & dry", "Poor"], "series": series}))


def test_the_longest_bar_takes_the_whole_width() -> None:
    html = drawn(("People", [3, 1], [60.0, 20.0]))
    assert [f"inline-size:{width}%" in html for width in ("100.00", "33.33")] == [True, True]
    assert '<th scope="row"><bdi>Good &amp; dry</bdi></th>' in html
    assert '<td class="kza-figure">3</td><td class="kza-figure kza-quiet">60 %</td>' in html
    assert "kza-legend" not in html


def test_two_series_are_told_apart_by_name_and_share_one_scale() -> None:
    html = drawn(("North", [3, 1], [60.0, 20.0]), ("South", [0, 4], [0.0, 80.0]))
    assert html.count('<span class="kza-hidden">South</span>') == 2
    assert [f"inline-size:{width}%" in html for width in ("75.00", "25.00", "0.00", "100.00")] == [True] * 4
    assert "kza-legend" in html


def test_nobody_is_drawn_without_dividing_by_nothing() -> None:
    assert drawn(("People", [0, 0], [0.0, 0.0])).count("inline-size:0.00%") == 2

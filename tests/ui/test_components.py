"""The components say the same to the eye and to a screen reader."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from kaizala_admin.ui.paginator import CAP, CappedPaginator, capped_text
from kaizala_admin.ui.templatetags import ui


def render(tag: str, **values: object) -> str:
    return Template("{% load ui %}" + tag).render(Context({"request": RequestFactory().get("/"), **values}))


def test_a_progress_bar_tells_its_role_and_numbers() -> None:
    shown = render('{% progress 1200 4812 "People" %}')
    assert 'role="progressbar"' in shown
    assert 'aria-label="People" value="1200" max="4812"' in shown
    assert 'aria-valuenow="1200" aria-valuemax="4812"' in shown
    assert "1,200 of 4,812" in shown
    assert "24%" in shown


def test_progress_of_an_unknown_total_has_no_value() -> None:
    shown = render("{% progress 3 0 %}")
    assert "Not known yet" in shown
    assert "aria-valuenow" not in shown


@pytest.mark.parametrize(
    ("done", "total", "expected"), [(0, 0, 0), (0, 9, 0), (999, 1000, 99), (1000, 1000, 100), (12, 10, 100)]
)
def test_a_hundred_per_cent_means_all_of_it(done: int, total: int, expected: int) -> None:
    assert ui.per_cent(done, total) == expected


def test_a_number_leads_to_its_rows() -> None:
    shown = render('{% number 20000 "People" url "warning" %}', url="/rows/?a=1&b=2")
    assert '<a class="kza-tile kza-warning" href="/rows/?a=1&amp;b=2">' in shown
    assert "20,000" in shown


def test_a_number_without_rows_is_no_link() -> None:
    assert "<a " not in render('{% number 5 "People" %}')


def test_words_from_outside_are_never_markup() -> None:
    bad = "<script>alert(1)</script>"
    tags = ("{% badge bad %}", "{% number bad bad bad %}", "{% empty_state bad bad bad bad %}")
    more = ("{% phone_preview bad bad %}", "{% progress 1 2 bad %}", "{% chart bad labels series %}")
    for tag in (*tags, *more):
        assert "<script>" not in render(tag, bad=bad, labels=[bad], series=[(bad, [1])])


def test_a_chart_shows_the_same_figures_as_a_table() -> None:
    shown = render(
        '{% chart "Sent a day" labels series first="Day" %}',
        labels=["Monday", "Tuesday"],
        series={"Sent": [10, 2500], "Failed": [0, 3]},
    )
    assert shown.count("<canvas") == 1
    figures = '<td class="kza-figure">2,500</td><td class="kza-figure">3</td>'
    assert f'<th scope="row">Tuesday</th>{figures}' in shown
    assert "[10, 2500]" in shown.replace("&quot;", '"')


def test_one_point_is_drawn_as_bars_for_a_line_would_be_invisible() -> None:
    tag = '{% chart "Answers" labels series "line" %}'
    assert 'data-type="bar"' in render(tag, labels=["Monday"], series={"Sent": [10]})
    assert 'data-type="line"' in render(tag, labels=["Monday", "Tuesday"], series={"Sent": [10, 11]})


def test_the_open_tab_is_named_to_screen_readers() -> None:
    one = {"key": "a", "title": "One", "url": "/a"}
    items = [one, {"key": "b", "title": "Two", "url": "/b", "count": 1234}]
    shown = render('{% tabs items "b" %}', items=items)
    assert shown.count('aria-current="page"') == 1
    assert 'href="/b" aria-current="page"' in shown
    assert "1,234" in shown


def test_a_message_keeps_its_own_direction_on_the_phone() -> None:
    shown = render("{% phone_preview message %}", message="مرحبا")
    assert 'class="kza-phone-bubble" dir="auto">مرحبا' in shown


def test_ago_reads_like_speech_and_knows_the_exact_time() -> None:
    when = timezone.now() - timedelta(minutes=5, seconds=2)
    assert "5\xa0minutes ago</time>" in ui.ago(when)
    assert f'datetime="{when.isoformat(timespec="seconds")}"' in ui.ago(when)


def test_ago_of_nothing_is_never() -> None:
    assert ui.ago(None) == "<span>never</span>"


def test_ago_speaks_the_readers_language() -> None:
    with translation.override("ar"):
        assert "ago" not in ui.ago(datetime(2020, 1, 1, tzinfo=UTC))


COUNTS = [(0, "0"), (9_999, "9,999"), (10_000, "10,000"), (10_001, "10,000+")]


@pytest.mark.parametrize(("count", "text"), COUNTS)
def test_counting_stops_at_ten_thousand(count: int, text: str) -> None:
    assert capped_text(count) == text


def test_a_long_list_is_counted_to_the_cap_only() -> None:
    pages = CappedPaginator(range(1_000_000), 50)
    assert (pages.count, pages.num_pages, pages.is_capped) == (CAP + 1, 201, True)


def test_a_short_list_is_counted_to_its_end() -> None:
    pages = CappedPaginator(range(120), 50)
    assert (pages.count, pages.num_pages, pages.is_capped) == (120, 3, False)

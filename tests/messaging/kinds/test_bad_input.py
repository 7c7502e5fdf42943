"""The texts and numbers within lists, each limit from both sides; mischief in every text, on the phone."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
import requests

from groups.models import Group
from kaizala_admin.kaizala import shared_session
from messaging import kinds, lines
from messaging.kinds.parts.fields import LONG, SHORT
from tests.groups.conftest import Service

from . import samples
from .test_limits import TEXTS, TOO_LONG, contents, errors, question
from .test_payloads import groups, stored, with_resources

__all__ = ["contents", "groups"]
Contents = dict[str, dict[str, Any]]
Place = Callable[[Any], Any]  # the list, with this value in one place of it


@pytest.fixture(autouse=True, scope="module")
def closed_lines() -> Iterator[None]:
    yield
    shared_session().close()


def choices(value: Any) -> Any:
    return [{"title": "Maize"}, {"title": value}]


def options(value: Any) -> Any:
    return [question(options=["A", value])]


def titles(value: Any) -> Any:
    return [question(title=value)]


def named(value: Any) -> Any:
    return [{"name": value, "type": "Text", "value": "Maize"}]


def valued(kind: str) -> Place:
    return lambda value: [{"name": "crop", "type": kind, "value": value}]


NESTED: list[tuple[str, str, Place, int, str]] = [
    ("poll", "choices", choices, SHORT, "Choice 2: "),
    ("survey", "questions", titles, SHORT, "Question 1: "),
    ("survey", "questions", options, SHORT, "Question 1: "),
    ("custom_action", "questions", titles, SHORT, "Question 1: "),
    ("custom_action", "questions", options, SHORT, "Question 1: "),
    ("custom_action", "properties", named, SHORT, "Property 1: "),
    *(
        ("custom_action", "properties", valued(kind), LONG, "Property 1: ")
        for kind in ("Text", "StringList", "StringSet")
    ),
]


@pytest.mark.parametrize(("kind", "field", "place", "most", "where"), NESTED)
def test_a_text_in_a_list_is_taken_at_its_limit_and_refused_above_it_and_broken_at_its_row(
    contents: Contents, kind: str, field: str, place: Place, most: int, where: str
) -> None:
    assert errors(kind, {**contents[kind], field: place("é" * most)}) == {}
    over = errors(kind, {**contents[kind], field: place("é" * (most + 1))})
    assert over == {field: [where + TOO_LONG.format(most + 1, most)]}
    for broken in ("a\ud800b", "a\0b"):
        said = errors(kind, {**contents[kind], field: place(broken)})
        assert said == {field: [where + "This holds a broken character. Write it again."]}
    assert len(errors(kind, {**contents[kind], field: place(" \n ")})[field]) == 1
    assert len(errors(kind, {**contents[kind], field: place(None)})[field]) == 1


@pytest.mark.parametrize(
    ("kind", "field", "row", "most"),
    [
        ("poll", "choices", lambda at: {"title": str(at)}, 100),
        ("survey", "questions", lambda at: question(title=str(at)), 100),
        ("custom_action", "questions", lambda at: question(title=str(at)), 100),
        ("custom_action", "properties", lambda at: {"name": str(at), "type": "Text", "value": "x"}, 100),
    ],
)
def test_so_many_rows_are_taken_and_one_more_is_not(
    contents: Contents, kind: str, field: str, row: Callable[[int], Any], most: int
) -> None:
    rows = [row(at) for at in range(most + 1)]
    assert errors(kind, {**contents[kind], field: rows[:most]}) == {}
    said = [f"There are {most + 1}; at most {most} are allowed. Take some out."]
    assert errors(kind, {**contents[kind], field: rows}) == {field: said}


def test_a_hundred_options_are_taken_and_one_more_is_not(contents: Contents) -> None:
    for most, good in ((100, True), (101, False)):
        rows = [question(options=[str(at) for at in range(most)])]
        said = errors("survey", {**contents["survey"], "questions": rows})
        assert said == ({} if good else {"questions": ["Question 1: At most 100 options are allowed."]})


NUMBER = "Give a number, like 12.5."
MOMENT = "Give a date and time, like 2026-12-24T18:30."
SPOT = "Give latitude, longitude and a name, like 12.97, 77.59, Bengaluru."


@pytest.mark.parametrize(
    ("kind", "good", "bad", "said"),
    [
        ("Numeric", ["0", "-12.5", "1e6"], ["", "1e400", "-inf", "0x10", "1,5"], NUMBER),
        (
            "DateTime",
            ["2000-01-01T00:00", "9998-12-31T23:59-14:00", "2031-03-04"],
            ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "1999-12-31T23:59", "2031-02-30"],
            MOMENT,
        ),
        ("Location", ["90,-180", "-90, 180, The mill"], ["90.01,0", "0,180.01", "nan,0", "1", "a,b"], SPOT),
    ],
)
def test_a_value_of_a_property_is_read_up_to_its_limits(
    contents: Contents, kind: str, good: list[str], bad: list[str], said: str
) -> None:
    for value in good:
        assert (value, _of_property(contents, kind, value)) == (value, {})
    for value in bad:
        words = said if value else "Write something here: it cannot be empty."
        assert (value, _of_property(contents, kind, value)) == (
            value,
            {"properties": [f"Property 1: {words}"]},
        )


def _of_property(contents: Contents, kind: str, value: Any) -> dict[str, list[str]]:
    return errors("custom_action", {**contents["custom_action"], "properties": valued(kind)(value)})


@pytest.mark.parametrize("key", [10**30, 2**63, -1, 1.5, True, "x", [1], {"a": 1}])
def test_what_is_no_key_of_a_file_is_refused_in_words(contents: Contents, key: Any) -> None:
    rows = [{"title": "A"}, {"title": "B", "picture": key}]
    said = errors("poll", {**contents["poll"], "choices": rows})
    assert said == {"choices": ["Choice 2: Choose the picture again."]}
    assert list(_of_property(contents, "Attachment", [key])) == ["properties"]
    for kind in ("image", "album", "audio", "document", "video"):
        assert list(errors(kind, {**contents[kind], "media_files": [key]})) == ["media_files"]


# --- mischief, as far as the phones --------------------------------------------------------------------

EVIL = "<script>alert('x')</script> \"&\" =1+1 مرحبا \u202eevil\u202c"


def with_mischief(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """The same content, with mischief in every text of it."""
    changed = {**content, **{name: EVIL for name in TEXTS.get(kind, {}) if name != "package_id"}}
    if kind == "text":
        changed["message"] = EVIL
    if kind == "poll":
        changed["choices"] = [{"title": EVIL, "picture": 0}, {"title": f"{EVIL} 2", "picture": 0}]
    if "questions" in changed:
        changed["questions"] = [question(title=EVIL, options=[EVIL, "A"]), question(title="Q", type="Text")]
    if "properties" in changed:
        changed["properties"] = [
            {"name": EVIL, "type": "Text", "value": EVIL},
            {"name": "steps", "type": "StringList", "value": EVIL},
            {"name": "mill", "type": "Location", "value": f"12.97, 77.59, {EVIL}"},
        ]
    return changed


def test_mischief_in_every_text_arrives_unchanged_and_is_shown_as_words(
    service: Service, groups: tuple[Group, Group], library: dict[str, int]
) -> None:
    group, web = groups[0], requests.Session()
    web.trust_env = False
    number = next(one.mobile_number for one in service.client.fetch_members(group.group_id))
    for kind, plain in samples.every(library).items():
        content = with_mischief(kind, plain)
        form = kinds.get(kind).form(content)
        assert (kind, form.errors) == (kind, {})
        cleaned = form.cleaned_data
        written = json.dumps(cleaned, ensure_ascii=False).count(json.dumps(EVIL, ensure_ascii=False)[1:-1])
        ready = with_resources(service, kind, cleaned)
        kinds.get(kind).send_to_group(service.client, group.group_id, ready)
        if kind != "text":
            got = json.dumps(stored(service), ensure_ascii=False)
            assert (kind, got.count(json.dumps(EVIL, ensure_ascii=False)[1:-1]) >= written) == (kind, True)
        page = web.get(f"{service.sandbox.url}/phones/{number}", timeout=30).text
        bubble = page.rpartition('<article class="bubble">')[2].partition("</article>")[0]
        assert (kind, html.escape(EVIL) in bubble, "<script" in bubble) == (kind, True, False)
    web.close()


def test_a_sheet_with_formulas_is_read_as_words_and_runs_nowhere() -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (["Mobile number", "Name"], ["+919800000001", "=1+1"], ['=HYPERLINK("http://x")', EVIL]):
        sheet.append(row)
    into = io.BytesIO()
    book.save(into)
    found = lines.from_file(io.BytesIO(into.getvalue()), into.tell(), "IN")
    assert [(one.mobile_number, bool(one.problem)) for one in found] == [("+919800000001", False), ("", True)]

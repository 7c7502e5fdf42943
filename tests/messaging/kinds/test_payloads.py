"""What each kind sends, as the sandbox received it over HTTP."""

from __future__ import annotations

import base64
import html
import json
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.template.loader import render_to_string
from django.utils import timezone

from groups.models import Group
from kaizala_admin.kaizala import shared_session
from messaging import kinds
from messaging.media import uploading
from messaging.media.models import MediaUpload
from messaging.models import Broadcast
from tests.groups.conftest import Service

from . import samples

QUESTION_TYPES = {"Date": "DateTime"}  # the sandbox keeps both as one


@pytest.fixture(autouse=True, scope="module")
def closed_lines() -> Iterator[None]:
    yield
    shared_session().close()


@pytest.fixture
def groups(service: Service) -> tuple[Group, Group]:
    """An ordinary group and a public one."""
    service.drive(_directory(service))
    found = Group.objects.order_by("pk")
    return found.filter(group_type="Group")[0], found.filter(group_type="ConnectGroup")[0]


def _directory(service: Service) -> Any:
    from groups import services

    return services.start_connector_sync(service.grant.connector)[0]


def stored(service: Service) -> dict[str, Any]:
    """The newest action in the sandbox's own store."""
    path = next(service.sandbox.data_dir.glob("*.sqlite*"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        kind, title, package, body, hours = db.execute(
            """SELECT kind, title, package_id, body, round((due_at - sent_at) / 3600)
              FROM actions ORDER BY id DESC LIMIT 1"""
        ).fetchone()
    db.close()
    return {"kind": kind, "title": title, "package": package, "hours": hours, **json.loads(body)}


def with_resources(service: Service, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """The content with its files at Kaizala, each set by one real call."""
    found = {}
    for files in uploading.pieces(Broadcast(kind=kind, content=content)):
        row = MediaUpload(files=files, connector=service.grant.connector, grant=service.grant)
        found[files] = row.perform(service.client)
    return {**content, "resources": found}


def sent(service: Service, group: Group, kind: str, content: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What arrived, and the action's ID."""
    made = kinds.get(kind)
    assert made.problem(content) == ""
    answer = made.send_to_group(service.client, group.group_id, with_resources(service, kind, content))
    assert answer.reference_id
    return stored(service), answer.action_id


def names(resource: str) -> list[str]:
    """The files behind what Kaizala returned."""
    return [one["Name"] for one in json.loads(base64.b64decode(resource))["Files"]]


def test_every_kind_arrives_with_all_that_was_written(
    service: Service, groups: tuple[Group, Group], library: dict[str, int]
) -> None:
    group, content = groups[0], samples.every(library)

    got, action_id = sent(service, group, "announcement", content["announcement"])
    pictures = [names(one) for one in got.pop("mediaResources")]
    assert (pictures, action_id) == ([["field.png"], ["mill.jpg"]], "")
    assert got == {
        "kind": "Announcement",
        "title": "Rain",
        "package": "",
        "hours": None,
        "message": "It rains\non Monday.",
    }

    got, action_id = sent(service, group, "poll", content["poll"])
    assert (action_id != "", got["hours"], got["question"]) == (True, 48, "Which seed next year?")
    assert [(one["title"], names(one["image"]) if "image" in one else []) for one in got["choices"]] == [
        ("Maize", ["mill.jpg"]),
        ("Rice", []),
    ]

    got, action_id = sent(service, group, "survey", content["survey"])
    assert action_id
    assert names(got.pop("coverImage")) == ["mill.jpg"]
    assert got == {
        "kind": "Survey",
        "title": "Your harvest",
        "package": "",
        "hours": 72,
        "isAnonymous": True,
        "isSenderOnly": False,
        "acceptMultipleResponses": True,
        "visibility": "2",
        "description": "Two minutes",
        "questions": [received(question) for question in samples.QUESTIONS],
    }

    got, action_id = sent(service, group, "job", content["job"])
    assert action_id
    assert got == {
        "kind": "Job",
        "title": "Count the sacks",
        "package": "",
        "hours": 36,
        "assignedTo": samples.NUMBERS,
    }

    got, action_id = sent(service, group, "lets_meet", content["lets_meet"])
    assert action_id
    assert got == {
        "kind": "LetsMeet",
        "title": "Spring meeting",
        "package": "",
        "hours": None,
        "startingTime": "2031-03-04T04:00:00Z",
        "agenda": "Prices\nSeeds",
        "duration": 90,
        "isSenderOnly": True,
        "place": {"latitude": 12.97, "longitude": 77.59, "name": "The mill"},
    }

    wanted = {"image": "mill.jpg", "audio": "voice.wav", "video": "harvest.mp4", "document": "prices.pdf"}
    for kind, name in wanted.items():
        got, action_id = sent(service, group, kind, content[kind])
        assert (got["kind"], got["caption"], names(got["mediaResource"])) == (
            kind.title(),
            f"The {kind}",
            [name],
        )
        assert action_id == ""

    got, _ = sent(service, group, "album", content["album"])
    assert (got["kind"], got["caption"]) == ("Album", "The week")
    assert names(got["mediaResource"]) == ["field.png", "mill.jpg"]

    got, action_id = sent(service, group, "custom_action", content["custom_action"])
    assert action_id
    assert (got["kind"], got["package"], got["title"]) == ("Action", "com.example.harvest.3", "Field visit")
    assert (got["hours"], got["questions"]) == (24, [received(samples.QUESTIONS[0])])
    *plain, attachment = got["properties"]
    assert [(one["name"], one["type"], one["value"]) for one in plain] == [
        ("crop", "Text", "Maize & rice"),
        ("acres", "Numeric", 12.5),
        ("sown", "DateTime", "2031-03-04T09:30:00Z"),
        ("mill", "Location", {"lt": 12.97, "lg": 77.59, "n": "The mill, gate 2"}),
        ("steps", "StringList", ["plough", "sow", "sow"]),
        ("tags", "StringSet", ["dry", "high"]),
    ]
    assert (attachment["name"], attachment["type"]) == ("map", "Attachment")
    assert names(attachment["value"]) == ["prices.pdf"]


def received(question: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": question["title"],
        "type": QUESTION_TYPES.get(question["type"], question["type"]),
        "isInvisible": question["hidden"],
        "options": [{"title": option} for option in question["options"]],
    }


def test_every_kind_goes_to_named_subscribers_and_to_all(
    service: Service, groups: tuple[Group, Group], library: dict[str, int]
) -> None:
    public = groups[1]
    numbers = [one.mobile_number for one in service.client.fetch_subscribers(public.group_id).subscribers][:2]
    for key, content in samples.every(library).items():
        kind, before = kinds.get(key), service.sandbox.get("/sandbox/ledger/summary")
        ready = with_resources(service, key, content)
        some = kind.send_to_people(service.client, public.group_id, ready, [*numbers, "+911234567890"])
        assert [one.mobile_number for one in some.failed] == ["+911234567890"]
        assert service.sandbox.get("/sandbox/ledger/summary", messageId=some.reference_id)["phones"] == 2
        everybody = kind.send_to_all(service.client, public.group_id, ready)
        after = service.sandbox.get("/sandbox/ledger/summary", messageId=everybody.reference_id)
        assert (key, after["phones"]) == (key, public_size(service, public))
        assert service.sandbox.get("/sandbox/ledger/summary")["messages"] == before["messages"] + 2


def public_size(service: Service, public: Group) -> int:
    count, cursor = 0, None
    while True:
        page = service.client.fetch_subscribers(public.group_id, cursor)
        count += len(page.subscribers)
        cursor = page.cursor
        if not cursor:
            return count


CLASS = re.compile(r'class="card-(kind|title|text|file-name|option|question|type|fact)"[^>]*>([^<]*)<')


def seen(page: str) -> tuple[list[tuple[str, str]], int]:
    """The words of a card by what they are, and how many pictures are on it."""
    words = [(part, html.unescape(text).strip()) for part, text in CLASS.findall(page)]
    return [(part, text) for part, text in words if text], len(re.findall(r"<img ", page))


def test_every_kind_is_on_the_phone_as_it_was_previewed(
    service: Service, groups: tuple[Group, Group], library: dict[str, int]
) -> None:
    group, web = groups[0], requests.Session()
    web.trust_env = False
    number = next(
        one.mobile_number for one in service.client.fetch_members(group.group_id) if one.mobile_number
    )
    for key, content in samples.every(library).items():
        if key == "lets_meet":  # a phone tells the time in its own zone
            content = {**content, "starts_at": "2031-03-04T09:30", "zone": "UTC"}
        if key == "survey":  # the sandbox keeps dates as dates with a time
            content = {**content, "questions": [one for one in samples.QUESTIONS if one["type"] != "Date"]}
        kind = kinds.get(key)
        kind.send_to_group(service.client, group.group_id, with_resources(service, key, content))
        phone = web.get(f"{service.sandbox.url}/phones/{number}", timeout=30).text
        previewed = render_to_string(kind.preview_template, {"kind": kind, "content": content, "sender": ""})
        shown, mine = seen(phone.rpartition('<article class="bubble">')[2]), seen(previewed)
        assert (key, without_time(shown[0]), shown[1]) == (key, without_time(mine[0]), mine[1])
    web.close()


def without_time(words: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(part, text) for part, text in words if not (part == "fact" and "2031" in text)]


def test_a_kinds_content_survives_its_own_form_unchanged(library: dict[str, int]) -> None:
    for key, content in samples.every(library).items():
        form = kinds.get(key).form(content)
        assert (key, form.errors) == (key, {})
        assert form.cleaned_data == content
        assert json.loads(json.dumps(content)) == content


def test_a_meeting_whose_time_has_come_is_not_sent_any_more(library: dict[str, int]) -> None:
    content = samples.every(library)["lets_meet"]
    past = {**content, "starts_at": timezone.now().strftime("%Y-%m-%dT%H:%M"), "zone": "UTC"}
    assert kinds.get("lets_meet").problem(past) == "This time is over already. Choose a later one."

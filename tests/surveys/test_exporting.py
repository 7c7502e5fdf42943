"""Exports: every answer in its column, by file and by address; an anonymous action names nobody."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kaizala_admin.exports import services as exports
from kaizala_admin.exports import work
from kaizala_admin.exports.models import Export
from surveys.exporting import rows as exporting
from surveys.models import Action, Feed, Question, Response, Review
from surveys.services import feeding

from .test_results import make

pytestmark = pytest.mark.django_db
KINDS = ["SingleOption", "MultiOption", "Numeric", "DateTime", "Location", "Text"]
PEOPLE: list[list[Any]] = [
    ["Good", ["Poor", "ठीक है"], 2.5, 1777631400, {"lt": 18.52, "lg": 73.86, "n": "Pune"}, "=1+1"],
    [None, None, None, None, None, None],
    ["Poor", ["Good"], 7, None, {"lt": -0.09, "lg": 34.77}, 'Say "yes", please\nnow'],
]


@pytest.fixture
def action(db: None) -> Action:
    made, _questions, _instances = make(KINDS, PEOPLE)
    return made


def table(**parameters: Any) -> tuple[list[str], list[list[Any]]]:
    keys = [column.key for column in exporting.columns(parameters)]
    return keys, [list(row) for row in exporting.rows(parameters)]


def column(name: str, **parameters: Any) -> list[Any]:
    keys, rows = table(**parameters)
    return [row[keys.index(name)] for row in rows]


def test_each_answer_stands_in_its_column(action: Action) -> None:
    assert column("q0", action=action.pk) == ["Good", "Poor", ""]
    assert column("q1", action=action.pk) == ["Poor; ठीक है", "Good", ""]
    assert column("q2", action=action.pk) == [2.5, 7, None]
    assert column("q4_lat", action=action.pk) == [18.52, -0.09, None]
    assert column("q4_name", action=action.pk) == ["Pune", "", ""]
    assert [at.isoformat() for at in column("q3", action=action.pk) if at] == ["2026-05-01T10:30:00+00:00"]
    assert column("mobile_number", action=action.pk) == ["+910", "+911", "+910"]
    assert exporting.count({"action": action.pk}) == 3


def test_options_stand_as_codes_or_in_a_column_each(action: Action) -> None:
    assert column("q0", action=action.pk, codes=True) == ["1", "2", ""]
    assert column("q1", action=action.pk, codes=True) == ["2; ठीक है", "1", ""]
    assert column("q1_1", action=action.pk, by_choice=True) == [0, 1, None]
    assert column("q1_2", action=action.pk, by_choice=True) == [1, 0, None]
    assert column("q1_other", action=action.pk, by_choice=True) == ["ठीक है", "", None]


def test_filters_of_the_results_hold_for_the_export(action: Action) -> None:
    instance = action.instances.order_by("pk")[1]
    assert column("q2", action=action.pk, filter=f"group={instance.pk}") == [None]
    assert column("q2", action=action.pk, filter="answer=q0%3DPoor") == [7]


def test_an_anonymous_action_has_no_columns_for_people(action: Action) -> None:
    Action.objects.update(is_anonymous=True)
    keys, _rows = table(action=action.pk)
    assert not {"name", "mobile_number", "user_id"} & set(keys)


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "jsonl"])
def test_a_file_is_made_in_the_background(
    action: Action, file_format: str, settings: Any, tmp_path: Any
) -> None:
    settings.EXPORTS_DIR = tmp_path
    review = Response.objects.order_by("pk")[0]
    Review.objects.create(response=review, state="checked", note="Fine", at=timezone.now())
    export = exports.start(
        kind="surveys.responses", parameters={"action": action.pk}, file_format=file_format, by=None
    )
    assert work.run(export.pk) is True
    done = Export.objects.get(pk=export.pk)
    assert (done.state, done.rows_done, done.rows_expected) == ("done", 3, 3)
    if file_format == "csv":
        read = list(csv.reader(io.StringIO((tmp_path / done.file).read_text(encoding="utf-8-sig"))))
        assert read[1][-1] == "'=1+1"
        assert read[2][-1] == 'Say "yes", please\nnow'


def reader(role: str = "Operator") -> tuple[User, Client]:
    user = User.objects.create(username=role, is_staff=True)
    user.groups.add(Role.objects.get(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user, client


def body(answer: HttpResponseBase) -> str:
    return b"".join(answer).decode()


def test_an_address_answers_without_signing_in_until_it_is_revoked(action: Action) -> None:
    user, _client = reader()
    feed, token = feeding.make(action=action, name="Sheet", parameters={}, by=user)
    assert token not in str(Feed.objects.values())
    lines = body(Client().get(reverse("surveys-feed", args=[token, "jsonl"]))).splitlines()
    assert [json.loads(line)["q2"] for line in lines] == [2.5, 7, None]
    found = json.loads(body(Client().get(reverse("surveys-feed", args=[token, "geojson"]))))
    assert [one["geometry"]["coordinates"] for one in found["features"]] == [[73.86, 18.52], [34.77, -0.09]]
    sheet = body(Client().get(reverse("surveys-feed", args=[token, "csv"])))
    assert len(list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff"))))) == 4
    assert Feed.objects.get().used_at is not None
    assert feeding.revoke(feed=feed, by=user) is True
    assert Client().get(reverse("surveys-feed", args=[token, "csv"])).status_code == 404
    assert feeding.revoke(feed=feed, by=user) is False


def test_an_address_ends_with_its_makers_rights(action: Action) -> None:
    user, _client = reader()
    _feed, token = feeding.make(action=action, name="Sheet", parameters={}, by=user)
    user.groups.clear()
    assert Client().get(reverse("surveys-feed", args=[token, "csv"])).status_code == 404
    assert Client().get(reverse("surveys-feed", args=["no-such-token", "csv"])).status_code == 404


def test_the_page_leads_to_a_file_and_makes_addresses(action: Action) -> None:
    _user, client = reader()
    address = reverse("admin:surveys_action_export", args=[action.pk])
    chosen = {"format": "csv", "labels": "codes", "columns": "choices"}
    to_file = client.post(address, {"as": "file", **chosen})
    export = Export.objects.get()
    assert (to_file["Location"], export.kind) == (export.get_absolute_url(), "surveys.responses")
    assert client.get(to_file["Location"]).status_code == 200
    made = client.post(address, {"as": "feed", "feed_name": "Our sheet"})
    assert "/feeds/" in made.context["address"]
    feed = Feed.objects.get()
    client.post(reverse("admin:surveys_action_revoke", args=[action.pk]), {"feed": feed.pk})
    feed.refresh_from_db()
    assert feed.revoked_at is not None
    _other, viewer = reader("Viewer")
    assert viewer.post(address, {"as": "feed"}).status_code == 302
    assert Feed.objects.count() == 1


def test_a_question_that_comes_while_the_file_is_written_moves_no_column(action: Action) -> None:
    asked = {"action": action.pk}
    before = exporting.columns(asked)
    Question.objects.create(action=action, index=6, title="One more", type="Text")
    assert [len(page) for page in exporting.pages(asked, before)] == [len(before)]


def test_questions_without_a_title_are_named_after_their_action(action: Action) -> None:
    Question.objects.filter(index=0).update(title="")
    titles = [str(one.title) for one in exporting.columns({"action": action.pk})]
    assert "Any" in titles

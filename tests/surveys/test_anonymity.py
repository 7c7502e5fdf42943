"""No answer of an anonymous survey leads to a person: no file, mail, log or table does."""

from __future__ import annotations

import logging
import zipfile
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from kaizala_admin.exports import services as exports
from kaizala_admin.exports import work
from kaizala_admin.exports.models import Export
from kaizala_admin.outbox.models import State
from surveys import exporting
from surveys.models import Action, ActionInstance, Answering, Digest, Response
from surveys.services import digesting, feeding, syncing
from tests.tables import tables

from .conftest import Service
from .test_exporting import reader

pytestmark = pytest.mark.django_db
WORDS = "The pump has been broken since March"
# Who is in a group, and how they are met, is known to the console whatever they answer.
OF_PEOPLE = ("groups_", "connectors_grant", "auth_user")


@pytest.fixture
def people(service: Service) -> set[str]:
    """Names, numbers and IDs of everybody who may have answered on a phone; who asked is no secret."""
    asked = {
        one.mobile_number
        for one in service.client.fetch_members(service.group.group_id)
        if one.role == "Admin"
    }
    rows = service.group.members.exclude(mobile_number__in=asked)
    found = {word for row in rows.values_list("name", "mobile_number", "person_id") for word in row}
    assert len(found) > 20
    return {word for word in found if len(word) > 5}


@pytest.fixture
def action(service: Service, people: set[str]) -> Action:
    """Everybody has answered, one of them from the console."""
    sent = service.send(is_anonymous=True)
    service.let_people_answer(sent)
    service.look()
    _user, client = reader()
    address = reverse("admin:surveys_action_answer", args=[ActionInstance.objects.get().pk])
    client.post(address, {"token": str(uuid4()), "q0": "Good", "q5": WORDS})
    row = Answering.objects.select_related("instance__action", "instance__group", "earlier").get()
    result = row.perform(service.client)
    Answering.objects.filter(pk=row.pk).update(state=State.SENT)
    row.record(result)
    service.drive(syncing.fetch_action(action=Action.objects.get()))
    assert Response.objects.filter(answers__q5=WORDS).exists()
    return Action.objects.get()


def named(text: str, people: set[str]) -> set[str]:
    return {word for word in people if word in text or word.lstrip("+") in text}


def test_no_row_of_the_database_names_who_answered(action: Action, people: set[str]) -> None:
    """The words stand in the response alone: not beside who typed them, nor in the call that sent them."""
    assert Response.objects.count() > 5
    found = {
        (table, word)
        for table, rows in tables()
        if not table.startswith(OF_PEOPLE)
        for word in named("\n".join(rows), people)
    }
    assert found == set()
    holding = {table: len([row for row in rows if WORDS in row]) for table, rows in tables()}
    assert {table: n for table, n in holding.items() if n} == {"surveys_response": 1}
    assert (Answering.objects.get().by, Answering.objects.get().answers) == (None, {})


def test_no_export_names_who_answered(
    action: Action, people: set[str], settings: Any, tmp_path: Path
) -> None:
    settings.EXPORTS_DIR = tmp_path
    every = ["name", "mobile_number", "user_id", "group", "q0", "q5", "q6"]
    for file_format, columns in product(exporting.KINDS, ([], every)):
        export = exports.start(
            kind=exporting.KINDS[file_format],
            parameters={"action": action.pk, "columns": columns},
            file_format=file_format,
            by=None,
        )
        assert work.run(export.pk) is True
        path = tmp_path / Export.objects.get(pk=export.pk).file
        assert named(text_of(path), people) == set()


def text_of(path: Path) -> str:
    if path.suffix not in (".xlsx", ".zip"):
        return path.read_text()
    with zipfile.ZipFile(path) as file:
        return "\n".join([*file.namelist(), *(file.read(one).decode("latin-1") for one in file.namelist())])


def test_no_page_address_mail_or_log_names_who_answered(
    action: Action, people: set[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    user, client = reader("Approver")
    user.email = "asha@example.org"
    user.save()
    _feed, token = feeding.make(action=action, name="Sheet", parameters={}, by=user)
    for file_format in ("csv", "jsonl", "geojson"):
        told = body(Client().get(reverse("surveys-feed", args=[token, file_format])))
        assert named(told, people) == set()
    for tab in ("results", "responses", "missing", "groups", "cross", "compare"):
        shown = client.get(f"{action.get_absolute_url()}?tab={tab}").content.decode()
        assert named(shown, people) == set()
    one = Response.objects.order_by("pk")[0]
    assert named(client.get(one.get_absolute_url()).content.decode(), people) == set()
    digesting.set_up(action=action, every="day", weekday=0, hour=8, people=[user], by=None)
    Digest.objects.update(next_at=datetime(2020, 1, 1, tzinfo=UTC), counted=0)
    assert digesting.send_due() == 1
    assert named(f"{mail.outbox[0].subject} {mail.outbox[0].body}", people) == set()
    assert WORDS not in mail.outbox[0].body
    out, err = capfd.readouterr()
    said = caplog.text + out + err
    assert (named(said, people), WORDS in said) == (set(), False)


def body(answer: HttpResponseBase) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]

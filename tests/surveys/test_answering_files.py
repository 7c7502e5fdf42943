"""Pictures and files of an answer from the console go to Kaizala before it, and come home with it."""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from kaizala_admin.kaizala import Question
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State
from messaging.media import services as library
from messaging.media.models import MediaFile
from surveys.models import Action, ActionInstance, Answering, Response
from surveys.models.asking import ANSWERED
from surveys.services import syncing
from surveys.sync import details

from .conftest import Service
from .test_exporting import reader

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def address(service: Service, settings: Any, tmp_path: Path) -> str:
    settings.KAIZALA_LIBRARY_DIR = tmp_path
    service.send(questions=(Question("A picture", "Image"), Question("Papers", "AttachmentList")))
    service.look()
    return reverse("admin:surveys_action_answer", args=[ActionInstance.objects.get().pk])


def picture(name: str = "well.png") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "green").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue())


def paper(name: str, more: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF + more)


def calls(service: Service) -> int:
    """Calls until the answer is there, as the pump makes them; how many."""
    for n in range(1, 9):
        row = Answering.objects.select_related("instance__action", "instance__group", "earlier").get()
        if row.record(row.perform(service.client)):
            return n
    raise AssertionError("it never ends")


def test_files_go_up_one_a_call_and_the_answer_names_them(service: Service, address: str) -> None:
    user, client = reader()
    papers = [paper("deed.pdf"), paper("map.pdf", b"%2")]
    sent = client.post(address, {"token": str(uuid4()), "q0": picture(), "q1": papers})
    assert sent.status_code == 302
    assert set(MediaFile.objects.values_list("uploaded_by", flat=True)) == {user.pk}
    assert calls(service) == 4
    service.drive(syncing.fetch_action(action=Action.objects.get()))
    answers = Response.objects.get().answers
    assert [one["name"] for one in answers["q0"]] == ["well.png"]
    assert [one["name"] for one in answers["q1"]] == ["deed.pdf", "map.pdf"]
    assert all(one["url"].startswith(service.sandbox.url) for one in answers["q0"] + answers["q1"])
    assert "resource" not in str(Answering.objects.get().answers)


def test_a_wrong_file_is_said_and_nothing_is_sent(service: Service, address: str) -> None:
    _user, client = reader()
    for file, words in (
        (paper("deed.pdf"), "The question asks for a picture: JPG or PNG."),
        (SimpleUploadedFile("a.png", b"no picture"), "Kaizala does not take this kind of file."),
    ):
        again = client.post(address, {"token": str(uuid4()), "q0": file})
        assert (again.status_code, words in again.content.decode()) == (422, True)
    many = [paper(f"{n}.pdf", str(n).encode()) for n in range(11)]
    assert "Send at most 10 files." in client.post(address, {"q1": many}).content.decode()
    assert Answering.objects.count() == 0


def test_whose_file_it_is_is_not_kept_where_answers_are_anonymous(service: Service, address: str) -> None:
    Action.objects.update(is_anonymous=True)
    _user, client = reader()
    client.post(address, {"token": str(uuid4()), "q0": picture()})
    assert MediaFile.objects.get().uploaded_by is None
    assert calls(service) == 2
    assert Answering.objects.get().answers == {}


def test_staff_who_answered_are_forgotten_when_the_survey_turns_out_to_be_anonymous(
    service: Service, address: str
) -> None:
    _user, client = reader()
    for _ in range(2):
        client.post(address, {"token": str(uuid4()), "q0": picture()})
    done, waiting = Answering.objects.order_by("pk")
    Answering.objects.filter(pk=done.pk).update(state="sent", response_id="r9")
    action = Action.objects.get()
    details.set_flags(action, {"isanonymous": "true"})
    kept: list[Any] = list(Answering.objects.order_by("pk").values_list("by", "answers", "response_id"))
    assert kept == [(None, {}, ""), (None, waiting.answers, "")]  # what waits can still be sent
    entries = LogEntry.objects.get_for_object(action).filter(additional_data__what=ANSWERED)
    assert set(entries.values_list("actor", "actor_email", "remote_addr")) == {(None, None, None)}
    assert entries.count() == 2


def test_a_file_that_waits_in_an_answer_stays_in_the_library(service: Service, address: str) -> None:
    _user, client = reader()
    client.post(address, {"token": str(uuid4()), "q0": picture()})
    (file,) = MediaFile.objects.values_list("pk", flat=True)
    assert library.in_use() == {file}
    Answering.objects.update(state="sent")
    assert library.in_use() == set()


def test_an_upgrade_forgets_staff_who_answered_anonymous_surveys_before(
    service: Service, address: str
) -> None:
    _user, client = reader()
    client.post(address, {"token": str(uuid4()), "q0": picture()})
    Answering.objects.update(state="sent", response_id="r9")
    action = Action.objects.get()
    Action.objects.update(is_anonymous=True)
    upgrade = import_module("surveys.migrations.0010_forget_staff")
    upgrade.forget(apps, None)
    kept: list[Any] = list(Answering.objects.values_list("by", "answers", "response_id"))
    assert kept == [(None, {}, "")]
    entry = LogEntry.objects.get_for_object(action).get(additional_data__what=ANSWERED)
    assert entry.actor is None


def brought(service: Service, client: Any, address: str) -> Answering:
    """Its file is at Kaizala, and the answer itself is still to be sent."""
    client.post(address, {"token": str(uuid4()), "q0": picture()})
    row = Answering.objects.select_related("instance__action", "instance__group").get()
    assert row.record(row.perform(service.client)) is False
    return Answering.objects.get()


def settled(row: Answering, state: State, reason: str) -> Answering:
    """As the pump settles it."""
    Answering.objects.filter(pk=row.pk).update(state=state, reason=reason)
    row.state, row.reason = state, reason
    row.state_changed(state)
    return Answering.objects.get()


@pytest.mark.parametrize(("reason", "more_calls"), [("ResourceExpired", 2), ("not_sent", 1)])
def test_a_retry_brings_files_anew_only_after_kaizala_refused_the_answer(
    service: Service, address: str, reason: str, more_calls: int
) -> None:
    _user, client = reader()
    settled(brought(service, client, address), State.FAILED, reason)
    assert outbox.retry(Answering.objects.all()) == 1
    assert calls(service) == more_calls


@pytest.mark.parametrize(("is_anonymous", "kept"), [(True, False), (False, True)])
def test_an_answer_that_a_person_says_did_arrive_is_over(
    service: Service, address: str, is_anonymous: bool, kept: bool
) -> None:
    _user, client = reader()
    settled(brought(service, client, address), State.UNKNOWN, "no_answer")
    Action.objects.update(is_anonymous=is_anonymous)
    ActionInstance.objects.update(wants_fetch=False)
    assert outbox.all_arrived(Answering.objects.all(), by=None) == 1
    answers = Answering.objects.get().answers
    assert (bool(answers), "resource" in str(answers)) == (kept, False)
    assert ActionInstance.objects.get().wants_fetch is True


def test_of_a_cancelled_answer_nothing_opens_its_files(service: Service, address: str) -> None:
    _user, client = reader()
    row = settled(brought(service, client, address), State.CANCELLED, "cancelled")
    assert [one["name"] for one in row.answers["q0"]] == ["well.png"]
    assert "resource" not in str(row.answers)

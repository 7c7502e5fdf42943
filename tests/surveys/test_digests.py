"""Digests by mail: at the hour on the wall, once, to those who may, and naming nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

from surveys import digests
from surveys.models import Action, Digest, Question
from surveys.services import digesting

from .test_results import make

pytestmark = pytest.mark.django_db
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def action(db: None) -> Action:
    people: list[list[Any]] = [["Good", "secret words"], ["Good", "more words"], ["Poor", "others"]]
    made, _questions, _instances = make(["SingleOption", "Text"], people)
    return made


def person(name: str = "asha", role: str = "Operator") -> User:
    user = User.objects.create(username=name, email=f"{name}@example.org", is_staff=True)
    user.groups.add(Role.objects.get(name=role))
    return user


def test_the_next_time_is_by_the_clock_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    daily, weekly = Digest(every="day", hour=8), Digest(every="week", weekday=0, hour=8)
    winter = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the clocks go forward on the 29th
    assert digests.next_time(daily, berlin, winter) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert digests.next_time(weekly, berlin, winter) == datetime(2026, 3, 30, 6, tzinfo=UTC)
    monday = datetime(2026, 3, 30, 6, tzinfo=UTC)
    assert digests.next_time(weekly, berlin, monday) == datetime(2026, 4, 6, 6, tzinfo=UTC)


def test_a_due_digest_is_sent_once_and_names_nobody(action: Action) -> None:
    digesting.set_up(
        action=action, every="day", weekday=0, hour=8, people=[person(), person("bilal")], by=None
    )
    assert digesting.send_due() == 0
    Digest.objects.update(next_at=BEFORE, counted=1)
    assert digesting.send_due() == 2
    assert digesting.send_due() == 0
    assert [one.to for one in mail.outbox] == [["asha@example.org"], ["bilal@example.org"]]
    sent = mail.outbox[0]
    assert sent.subject == "2 new responses: Any"
    assert "2 new since the last mail; 3 responses of 40 people reached." in sent.body
    assert "“Good” was chosen most: by 2 of 3 (67 %)." in sent.body
    assert "words" not in sent.body
    assert "+91" not in sent.body


def test_an_odd_answer_is_in_no_mail(db: None) -> None:
    """One that is no option of the survey, and so somebody's own words."""
    secret = "I am Asha, call +91 98"
    action, _questions, _instances = make(
        ["SingleOption", "MultiOption"], [[secret, [secret]]] * 3 + [["Good", None]]
    )
    Action.objects.update(is_anonymous=True)
    text = digests.body(action, 4)
    assert (secret in text, "“Good” was chosen most: by 1 of 4 (25 %)." in text) == (False, True)
    assert "3 people answered." in text


def test_an_odd_title_stays_on_its_line(action: Action) -> None:
    title = "Harvest\r\nBcc: all@example.org\x07\u202eback\u2028<b>" + "x" * 400
    Action.objects.update(title=title)
    Question.objects.filter(index=0).update(title=title)
    user = person()
    digesting.set_up(action=action, every="day", weekday=0, hour=8, people=[user], by=None)
    Digest.objects.update(next_at=BEFORE)
    assert digesting.send_due() == 1
    (sent,) = mail.outbox
    line = "Harvest Bcc: all@example.org back <b>xxx"
    lines = str(sent.body).splitlines()
    assert (sent.bcc, sent.subject[:57]) == ([], f"0 new responses: {line}")
    assert [one[:40] for one in lines if "Harvest" in one] == [line, line]
    assert max(map(len, lines)) <= 302
    assert sent.message()["Subject"]


def test_who_may_not_look_any_more_gets_no_mail(action: Action) -> None:
    user = person()
    digesting.set_up(action=action, every="day", weekday=0, hour=8, people=[user], by=None)
    user.groups.clear()
    Digest.objects.update(next_at=BEFORE)
    assert digesting.send_due() == 0
    assert mail.outbox == []


def test_a_mail_server_that_fails_is_noted_and_not_tried_over_and_over(
    action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_more: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    digesting.set_up(action=action, every="day", weekday=0, hour=8, people=[person()], by=None)
    Digest.objects.update(next_at=BEFORE)
    assert digesting.send_due() == 0
    row = Digest.objects.get()
    assert row.problem == "The mail server did not take it (ConnectionRefusedError)."
    assert row.next_at > datetime.now(UTC)


def test_the_page_sets_it_up_and_turns_it_off(action: Action) -> None:
    user = person()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:surveys_action_digest", args=[action.pk])
    said = {"every": "week", "weekday": "2", "hour": "7", "people": [user.pk]}
    assert client.post(address, said).status_code == 302
    row = Digest.objects.get()
    assert (row.every, row.weekday, row.hour, list(row.people.all())) == ("week", 2, 7, [user])
    assert client.get(address).status_code == 200
    client.post(address, {**said, "people": []})
    assert Digest.objects.count() == 0

"""An anonymous answer names nobody, in no table of the database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from groups.models import Group
from kaizala_admin.webhooks import retention, working
from kaizala_admin.webhooks.models import Event, Subscription
from surveys.models import Response
from tests.tables import tables

from .conftest import Post
from .samples import DATA, envelope

pytestmark = pytest.mark.django_db
NAME, NUMBER, PERSON, WORDS = "Meenakshi Sundaram", "+919712345678", "person-of-secrets", "The pump is broken"


def dump() -> str:
    """Every row of every table, as text."""
    return "\n".join(row for _table, rows in tables() for row in rows)


@pytest.fixture
def answered(post: Post, hook: Subscription) -> str:
    """The dump after an anonymous answer came in and was worked on, twice."""
    Group.objects.create(
        tenant=hook.connector.tenant, group_id="group-1", name="North", first_seen_at=timezone.now()
    )
    text = {"title": "What is wrong?", "type": "Text", "options": [], "answer": WORDS}
    data = {
        **DATA["SurveyResponse"],
        "isAnonymous": True,
        "responder": NUMBER,
        "responderName": NAME,
        "responderId": PERSON,
        "responseDetails": {"responseWithQuestions": [text]},
    }
    for event_id in ("e-1", "e-2"):
        who = {"fromUser": NUMBER, "fromUserId": PERSON, "fromUserName": NAME}
        assert (
            post(json.dumps(envelope("SurveyResponse", event_id, data=data, **who)).encode()).status_code
            == 200
        )
    working.work_off()
    return dump()


def test_no_name_number_or_id_of_who_answered_is_in_any_table(answered: str) -> None:
    assert Response.objects.count() == 1
    assert [who in answered for who in (NAME, NUMBER, NUMBER[1:], PERSON)] == [False] * 4
    assert WORDS in answered


def test_the_stored_event_of_an_anonymous_answer_loses_its_words_when_it_expires(
    answered: str, settings: Settings
) -> None:
    assert any(WORDS.encode() in bytes(one.body) for one in Event.objects.all())
    old = timezone.now() - timedelta(days=settings.KAIZALA_EVENT_BODY_DAYS, minutes=1)
    Event.objects.update(received_at=old)
    retention.prune()
    assert [(bytes(one.body), one.size) for one in Event.objects.all()] == [(b"", 0)] * 2

"""Working off: what is handed over, what is kept apart, and that a worker may die at any point."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin.webhooks import marking, router, working
from kaizala_admin.webhooks.models import Event, Subscription

from .conftest import Ear, Post, body_of

pytestmark = pytest.mark.django_db
ANSWER: dict[str, Any] = {
    "actionId": "a-1",
    "groupId": "group-1",
    "responseId": "r-1",
    "isUpdateResponse": False,
}


def states() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("state", flat=True))


def later() -> None:
    """The waits of events that failed are over."""
    Event.objects.update(lease_until=None)


def test_a_handler_gets_the_event_in_the_contracts_words(post: Post, ear: Ear, hook: Subscription) -> None:
    post({**body_of("textmessagecreated", text="Hello"), "context": "north"})
    assert working.work_off() == 1
    heard = ear.heard[0]
    assert (heard.event_type, heard.event_id, heard.group_id, heard.data, heard.context) == (
        "TextMessageCreated",
        "e-1",
        "group-1",
        {"text": "Hello"},
        "north",
    )
    assert (heard.sender_number, heard.sender_id, heard.sender_name) == (
        "+919876543210",
        "person-1",
        "Asha Rao",
    )
    assert (heard.connector_id, heard.tenant_id) == (hook.connector_id, hook.connector.tenant_id)
    stored = Event.objects.get()
    assert (stored.pk, stored.state, stored.event_type) == (heard.pk, "done", "TextMessageCreated")


def test_events_come_in_batches_and_in_their_order(
    post: Post, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH", 4)
    for number in range(10):
        post(body_of(event_id=f"e-{number}"))
    assert working.work_off() == 10
    assert [one.event_id for one in ear.heard] == [f"e-{number}" for number in range(10)]
    assert ear.batches == [4, 4, 2]


def test_large_bodies_are_not_held_in_memory_all_at_once(
    post: Post, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        post(body_of(event_id=f"e-{number}", text="x" * 1_000))
    monkeypatch.setattr(working, "MOST_BYTES", 2_900)
    assert working.work_off() == 5
    assert ear.batches == [2, 2, 1]


def test_an_answer_under_another_event_id_counts_once(post: Post, ear: Ear) -> None:
    post(body_of("SurveyResponse", "e-1", **ANSWER))
    post(body_of("SurveyResponse", "e-2", **ANSWER))
    working.work_off()
    post({**body_of("SurveyResponse", "e-3", **ANSWER), "subscriptionId": "another"})
    working.work_off()
    assert states() == ["done", "duplicate", "duplicate"]
    assert len(ear.heard) == 1


def test_an_edited_answer_under_the_same_event_id_counts(post: Post, ear: Ear) -> None:
    post(body_of("SurveyResponse", "e-1", **ANSWER))
    post(body_of("SurveyResponse", "e-1", **{**ANSWER, "isUpdateResponse": True}))
    working.work_off()
    assert states() == ["done", "done"]
    assert [one.data["isUpdateResponse"] for one in ear.heard] == [False, True]


def test_the_same_text_twice_is_two_texts(post: Post, ear: Ear) -> None:
    post(body_of(event_id="e-1"))
    post(body_of(event_id="e-2"))
    working.work_off()
    assert states() == ["done", "done"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b" ", "The body is not JSON."),
        (b"\xff\xfe", "The body is not UTF-8."),
        (b"[1]", "The body is no record."),
        (b'{"eventType": "X", "data": [1]}', "The event's data is no record."),
        (b'{"data": {}}', "The event does not say its type."),
        (b'{"eventType": "X", "data": ' + b"[" * 100_000, "The body is nested too deeply."),
    ],
)
def test_what_cannot_be_read_is_parked_and_holds_nobody_up(
    post: Post, ear: Ear, body: bytes, error: str
) -> None:
    assert post(body).status_code == 200
    post(body_of())
    working.work_off()
    assert states() == ["parked", "done"]
    assert Event.objects.order_by("pk")[0].error == error


def test_a_type_that_nobody_uses_is_kept(post: Post, ear: Ear) -> None:
    post(body_of("SomethingNew"))
    working.work_off()
    stored = Event.objects.get()
    assert (stored.state, stored.event_type, stored.size > 0) == ("kept", "SomethingNew", True)


def test_one_bad_event_of_a_batch_fails_alone_after_three_tries(post: Post, ear: Ear) -> None:
    ear.refuse = {"e-2"}
    for number in (1, 2, 3):
        post(body_of(event_id=f"e-{number}"))
    for _ in range(4):
        working.work_off()
        later()
    assert states() == ["done", "failed", "done"]
    failed = Event.objects.get(state="failed")
    assert (failed.attempts, failed.error) == (3, "There is no such survey yet.")
    assert sorted(one.event_id for one in ear.heard) == ["e-1", "e-3"]


def test_words_of_a_bug_are_not_kept_as_they_may_hold_answers(post: Post, ear: Ear) -> None:
    ear.refuse, ear.error = {"e-1"}, KeyError("Asha said no")
    post(body_of())
    for _ in range(4):
        working.work_off()
        later()
    assert Event.objects.get().error == "KeyError"


def test_an_event_that_failed_can_be_replayed(post: Post, ear: Ear) -> None:
    ear.refuse = {"e-1"}
    post(body_of())
    for _ in range(4):
        working.work_off()
        later()
    ear.refuse = set()
    assert working.replay(Event.objects.all()) == 1
    working.work_off()
    assert states() == ["done"]
    assert [one.event_id for one in ear.heard] == ["e-1"]


def test_a_body_that_kills_its_worker_is_given_up_and_takes_nobody_with_it(
    post: Post, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        post(body_of(event_id=f"e-{number}"))

    class Killed(BaseException):
        pass

    real = working._settle

    def deadly(claimed: Any) -> None:
        if any(b'"e-2"' in one.body for one in claimed):
            raise Killed
        real(claimed)

    monkeypatch.setattr(working, "_settle", deadly)
    for _ in range(8):
        try:
            while working.work_batch():
                pass
        except Killed:
            later()
    assert states() == ["done", "failed", "done"]
    assert Event.objects.get(state="failed").error == "Its worker died each time that it was tried."


@pytest.mark.parametrize("point", ["claim", "sheet", "handler", "mark", "after"])
def test_a_worker_killed_at_any_point_counts_each_event_once(
    post: Post, ear: Ear, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The failpoints: after the claim, before and after the handler, after the marks, after the commit."""
    for number in range(5):
        post(body_of(event_id=f"e-{number}"))
    kept: list[str] = []

    class Killed(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    def after(real: Any) -> Any:
        def run(*args: Any, **more: Any) -> Any:
            real(*args, **more)
            raise Killed

        return run

    places: dict[str, tuple[Any, str, Any]] = {
        "claim": (working, "_settle", dies),
        "sheet": (marking.Sheet, "sort_out_repeats", dies),
        "handler": (router, "dispatch", after(router.dispatch)),
        "mark": (marking.Sheet, "write", after(marking.Sheet.write)),
        "after": (working, "_settle", after(working._settle)),
    }
    with monkeypatch.context() as patch:
        owner, name, stand_in = places[point]
        patch.setattr(owner, name, stand_in)
        with pytest.raises(Killed):
            working.work_batch()
    done = states().count("done")
    kept = [one.event_id for one in ear.heard] if done else []  # the rest was rolled back
    ear.heard.clear()
    later()
    working.work_off()
    kept += [one.event_id for one in ear.heard]
    assert states() == ["done"] * 5
    assert kept == [f"e-{number}" for number in range(5)]


def test_a_worker_that_stood_still_marks_nothing_that_another_took_over(post: Post, ear: Ear) -> None:
    post(body_of())
    mine = working.claim()
    later()
    other = working.claim()
    working._settle(other)
    working._settle(mine)
    assert len(ear.heard) == 1


def test_only_one_worker_works_at_a_time(post: Post, ear: Ear) -> None:
    from kaizala_admin.connectors import leases

    post(body_of())
    assert leases.acquire(working.NAME, "another", working.TURN)
    assert working.work_off() == 0
    leases.release(working.NAME, "another")
    assert working.work_off() == 1


def test_who_gave_an_anonymous_answer_is_dropped_once_it_was_worked_on(post: Post, ear: Ear) -> None:
    who = {"title": "Responder Name", "type": "Text", "options": [], "answer": "Asha", "isInvisible": True}
    told = {"title": "Name of your cow", "type": "Text", "options": [], "answer": "Lakshmi"}
    data: dict[str, Any] = {
        **ANSWER,
        "isAnonymous": True,
        "responder": "+919876543210",
        "responderName": "Asha Rao",
        "responseDetails": {"responseWithQuestions": [told, who]},
    }
    post(body_of("SurveyResponse", **data))
    working.work_off()
    stored = json.loads(bytes(Event.objects.get().body))
    text = json.dumps(stored)
    assert ("Asha" in text, "9876543210" in text, "person-1" in text, "Lakshmi" in text) == (
        False,
        False,
        False,
        True,
    )
    assert stored["data"]["responseId"] == "r-1"
    post(body_of("SurveyResponse", **data))
    assert Event.objects.count() == 1


def test_the_subscription_remembers_its_last_event(post: Post, ear: Ear, hook: Subscription) -> None:
    before = timezone.now()
    post(body_of())
    working.work_off()
    hook.refresh_from_db()
    assert hook.last_event_at is not None
    assert hook.last_event_at >= before

"""What is sent once more: to many with their number alone, and never within the quiet hours."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db.models import F, Sum
from django.test import Client
from django.urls import reverse

from kaizala_admin.kaizala import FailedRecipient
from kaizala_admin.outbox.models import State
from messaging import services
from messaging.audience import adjusting
from messaging.media import uploading
from messaging.media.models import MediaUpload
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.services import failures
from messaging.timing import quiet

from .conftest import GROUPS, PUBLIC, Org, Recorder, break_off, number
from .kinds.conftest import library
from .test_quiet_hours import quiet_now

__all__ = ["library"]
MANY = 4  # two groups of three are more, one is not


@pytest.fixture
def doubtful(org: Org) -> Broadcast:
    """Two calls in doubt, to three people each."""
    type(org.tenant).objects.update(many_people=MANY)
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    for row in Dispatch.objects.all():
        break_off(row, State.UNKNOWN, "no_answer")
    return Broadcast.objects.get(pk=broadcast.pk)


def states() -> list[str]:
    return list(Dispatch.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize("wrong", ["", "3", "60", "six"])
def test_many_in_doubt_are_not_sent_again_without_their_number(doubtful: Broadcast, wrong: str) -> None:
    boss = User.objects.create_superuser("boss")
    with pytest.raises(services.Changed, match="you typed is not 6"):
        services.send_all_again(doubtful, boss, typed=wrong)
    assert states() == ["unknown"] * 2
    assert services.send_all_again(doubtful, boss, typed="6") == 2
    assert states() == ["queued"] * 2


def test_one_call_of_them_takes_its_number_when_it_alone_is_to_many(doubtful: Broadcast) -> None:
    boss, (first, second) = User.objects.create_superuser("boss"), Dispatch.objects.order_by("pk")
    assert services.send_again(first, boss) is True  # three are not many
    type(doubtful.tenant).objects.update(many_people=2)
    with pytest.raises(services.Changed, match="you typed is not 3"):
        services.send_again(Dispatch.objects.get(pk=second.pk), boss)
    assert services.send_again(Dispatch.objects.get(pk=second.pk), boss, typed="3") is True


def test_nothing_of_a_cancelled_broadcast_is_sent_again_and_its_doubts_stay(doubtful: Broadcast) -> None:
    boss = User.objects.create_superuser("boss")
    Broadcast.objects.update(state=Broadcast.State.CANCELLED)
    assert services.send_all_again(doubtful, boss, typed="6") == 0
    assert services.send_again(Dispatch.objects.earliest("pk"), boss) is False
    assert states() == ["unknown"] * 2
    client = Client()
    client.force_login(boss)
    page = client.get(f"/admin/messaging/broadcast/{doubtful.pk}/unknowns/").content.decode()
    assert "nothing of it can be sent again" in page
    assert "Send all again" not in page
    assert "was cancelled" in Dispatch.why_not_here(Dispatch.objects.all())
    assert services.all_arrived(doubtful, boss) == 2


def test_that_they_did_arrive_and_what_the_console_decides_take_no_number(doubtful: Broadcast) -> None:
    first = Dispatch.objects.earliest("pk")
    assert services.send_all_again(doubtful, None) == 2
    break_off(first, State.UNKNOWN, "no_answer")
    assert services.all_arrived(doubtful, User.objects.create_superuser("boss")) == 1


@pytest.mark.parametrize(
    ("broken", "action"), [(State.FAILED, "retry_rows"), (State.UNKNOWN, "send_rows_again")]
)
def test_the_list_of_calls_is_no_way_round_the_number(
    org: Org, signed_in: Callable[[str], Client], broken: State, action: str
) -> None:
    type(org.tenant).objects.update(many_people=MANY)
    org.launched(GROUPS, [org.group("A"), org.group("B")])
    for row in Dispatch.objects.all():
        break_off(row, broken, "x")
    keys = list(Dispatch.objects.order_by("pk").values_list("pk", flat=True))
    client, at = signed_in("Operator"), reverse("admin:messaging_dispatch_changelist")
    chosen = {"action": action, "confirmed": "yes"}
    page = client.post(at, {**chosen, "_selected_action": keys}, follow=True).content.decode()
    assert "“Hello” goes to 6 people. Send it again from its own page, with their number." in page
    assert states() == [broken] * 2
    client.post(at, {**chosen, "_selected_action": keys[:1]})
    assert states() == ["queued", broken]


# --- quiet hours ---------------------------------------------------------------------------------------


def waits() -> set[tuple[datetime, str]]:
    """Until when, and why, of what is in line."""
    return set(Dispatch.objects.filter(state=State.QUEUED).values_list("not_before", "reason"))


@pytest.mark.parametrize(
    ("broken", "button"),
    [
        (State.FAILED, lambda row: services.retry_failures(row, None)),
        (State.UNKNOWN, lambda row: services.send_all_again(row, None)),
        (State.UNKNOWN, lambda row: services.send_again(row.dispatches.get(), None)),
    ],
    ids=["retry", "all again", "one again"],
)
def test_what_is_sent_once_more_in_quiet_hours_waits_for_their_end(
    org: Org, broken: State, button: Callable[[Broadcast], object]
) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    break_off(Dispatch.objects.get(), broken, "x")
    opening = quiet_now(org)
    assert button(broadcast) == (3 if broken == State.FAILED else 1)
    assert waits() == {(opening, quiet.REASON)}


def test_people_who_were_left_out_wait_in_their_new_call_too(org: Org, recorder: Recorder) -> None:
    recorder.failed = (FailedRecipient(number(1), "", "Busy", ""),)
    broadcast = org.launched(PUBLIC, [org.public()])
    recorder.drive(broadcast)
    opening = quiet_now(org)
    assert services.retry_failures(broadcast, None) == 1
    assert waits() == {(opening, quiet.REASON)}


def with_picture(org: Org, library: dict[str, int]) -> tuple[Broadcast, MediaUpload]:
    draft = org.draft(GROUPS, [org.group()])
    content = {"media_files": [library["image"]], "caption": "Look"}
    Broadcast.objects.filter(pk=draft.pk).update(kind="image", content=content)
    assert services.launch(draft, None, 3) is True
    return draft, MediaUpload.objects.get()


def come_up(upload: MediaUpload) -> None:
    """The file has arrived at Kaizala."""
    MediaUpload.objects.filter(pk=upload.pk).update(state=State.SENT)
    upload.record("resource")


def test_files_that_arrive_within_quiet_hours_let_nothing_go_before_their_end(
    org: Org, library: dict[str, int]
) -> None:
    opening = quiet_now(org)
    _broadcast, upload = with_picture(org, library)
    assert waits() == {(uploading.LATER, uploading.WAITING)}
    assert quiet.tick() == 0  # still waiting for its file: that is later than the window
    come_up(upload)
    assert waits() == {(opening, quiet.REASON)}
    assert uploading.release() == 0
    assert quiet.tick(opening) == 1
    assert [reason for _when, reason in waits()] == [""]


def test_files_that_arrive_after_quiet_hours_let_it_go_at_once(org: Org, library: dict[str, int]) -> None:
    opening = quiet_now(org)
    _broadcast, upload = with_picture(org, library)
    type(org.tenant).objects.update(quiet_from=None, quiet_until=None)
    assert quiet.tick(opening) == 0
    assert waits() == {(uploading.LATER, uploading.WAITING)}  # the end of the hours is not its file
    come_up(upload)
    assert [reason for _when, reason in waits()] == [""]


def test_what_may_go_in_quiet_hours_goes_as_soon_as_its_files_are_there(
    org: Org, library: dict[str, int]
) -> None:
    opening = quiet_now(org)
    broadcast, upload = with_picture(org, library)
    Broadcast.objects.filter(pk=broadcast.pk).update(ignore_quiet=True)
    come_up(upload)
    ((when, reason),) = waits()
    assert (when < opening, reason) == (True, "")


def test_a_retry_takes_no_more_memory_for_many_who_were_left_out(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "PAGE", 5, raising=False)

    def peak(people: int) -> int:
        draft = org.draft(PUBLIC, [org.public(f"F{people}", range(people))])
        broadcast = services.change_audience(draft, adjusting.in_batches, None)
        assert services.launch(broadcast, None, people) is True
        old = Dispatch.objects.filter(broadcast=broadcast)
        old.update(state=State.SENT, people_failed=F("people"))
        Delivery.objects.filter(broadcast=broadcast).update(state="failed", reason="Busy")
        calls = old.count()
        tracemalloc.start()
        assert services.retry_failures(broadcast, None) == people
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert set(broadcast.deliveries.values_list("state", flat=True)) == {"queued"}
        assert set(old.filter(state=State.SENT).values_list("people", "people_failed")) == {(0, 0)}
        again = old.filter(state=State.QUEUED)
        assert (again.count(), again.aggregate(n=Sum("people"))["n"]) == (calls, people)
        assert Broadcast.objects.get(pk=broadcast.pk).dispatch_count == 2 * calls
        return used

    peak(60)  # what is loaded at the first time
    few, many = peak(600), peak(3_000)
    assert many - few < 2_400 * 100  # what waits for the commit: some bytes a call, none a person

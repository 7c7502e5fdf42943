from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kaizala_admin.kaizala import FailedRecipient, InvalidInput, Sent
from kaizala_admin.outbox.models import State
from messaging import progress, services
from messaging.models import AudienceLine, Broadcast, Delivery, Dispatch
from messaging.tasks import tick
from messaging.views.base import url

from .conftest import GROUPS, PEOPLE, PUBLIC, Org, Recorder, break_off, number


def refused(at: int, **more: str) -> FailedRecipient:
    return FailedRecipient(
        more.get("mobile_number", number(at)), more.get("person_id", ""), "Left the group", "X1"
    )


def test_people_whom_kaizala_left_out_are_failed_with_their_reason(org: Org, recorder: Recorder) -> None:
    recorder.failed = (refused(1), refused(2, mobile_number="", person_id="p2"))
    broadcast = org.launched(PUBLIC, [org.public(people=range(5))])
    recorder.drive(broadcast)
    states = list(Delivery.objects.order_by("mobile_number").values_list("state", "reason"))
    assert states == [("sent", ""), *[("failed", "Left the group")] * 2, ("sent", ""), ("sent", "")]
    now = progress.of(broadcast)
    assert (now.sent, now.failed, now.total, now.done) == (3, 2, 5, 5)
    assert [(one.reason, one.people) for one in now.reasons] == [("Left the group", 2)]
    assert Dispatch.objects.get().reference_id == "ref-1"


def test_the_ids_that_kaizala_answers_with_are_kept(org: Org, recorder: Recorder) -> None:
    row = org.launched(GROUPS, [org.group()]).dispatches.get()
    row.record(Sent("ref-1", "act-1"))
    assert Dispatch.objects.values_list("reference_id", "action_id").get() == ("ref-1", "act-1")


@pytest.mark.parametrize("spelled", ["919800000001", "+91 98000-00001", " +919800000001 "])
def test_who_was_left_out_is_found_in_any_spelling_of_the_number(
    org: Org, recorder: Recorder, spelled: str
) -> None:
    recorder.failed = (refused(1, mobile_number=spelled),)
    broadcast = org.launched(PUBLIC, [org.public(people=range(3))])
    recorder.drive(broadcast)
    assert list(Delivery.objects.filter(state="failed").values_list("mobile_number")) == [(number(1),)]
    assert Dispatch.objects.get().people_failed == 1


def test_who_was_left_out_and_is_not_in_the_ledger_is_said_in_the_log(
    org: Org, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.failed = (refused(1), refused(77))
    broadcast = org.launched(PUBLIC, [org.public(people=range(3))])
    recorder.drive(broadcast)
    row = Dispatch.objects.get()
    assert [record.getMessage() for record in caplog.records] == [
        f"Dispatch {row.pk}: 1 of 2 people whom Kaizala left out are not in the ledger"
    ]


def test_recording_writes_all_people_in_one_statement(org: Org, recorder: Recorder) -> None:
    org.launched(PUBLIC, [org.public(people=range(30))])
    row = Dispatch.objects.get()
    result = row.perform(recorder)  # type: ignore[arg-type]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        row.record(result)
    writes = [one["sql"] for one in queries if "messaging_delivery" in one["sql"]]
    assert len(writes) == 1


def test_an_empty_batch_is_refused_before_the_call(org: Org, recorder: Recorder) -> None:
    org.launched(PUBLIC, [org.public()])
    Delivery.objects.all().delete()
    with pytest.raises(InvalidInput):
        Dispatch.objects.get().perform(recorder)  # type: ignore[arg-type]
    assert recorder.calls == []


def test_only_failures_are_sent_again_in_new_calls(org: Org, recorder: Recorder) -> None:
    recorder.failed = (refused(1), refused(2))
    broadcast = org.launched(PUBLIC, [org.public(people=range(40))])
    recorder.drive(broadcast)
    recorder.calls.clear()
    recorder.failed = ()
    broadcast.refresh_from_db()
    assert broadcast.state == "finished"
    assert services.retry_failures(broadcast, None) == 2
    broadcast.refresh_from_db()
    assert broadcast.state == "running"
    recorder.drive(broadcast)
    broadcast.refresh_from_db()
    now = progress.of(broadcast)
    assert recorder.calls == [("subscribers", "id-Farmers", [number(1), number(2)])]
    assert (broadcast.state, now.sent, now.failed, now.total) == ("finished", 40, 0, 40)


def test_failures_of_one_reason_are_sent_again_alone(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    first, second = Dispatch.objects.order_by("pk")
    break_off(first, State.FAILED, "NotAdmin", "Not an admin.")
    break_off(second, State.FAILED, "Blocked", "Blocked.")
    broadcast.refresh_from_db()
    assert broadcast.state == "finished"
    assert services.retry_failures(broadcast, None, "Blocked.") == 3
    assert list(Dispatch.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "queued"]
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "queued"]


def test_a_call_in_doubt_waits_for_a_person(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    for row in Dispatch.objects.all():
        break_off(row, State.UNKNOWN, "no_answer")
    assert progress.of(broadcast).unknown == 6
    first, second = Dispatch.objects.order_by("pk")
    assert services.arrived(first, None) is True
    assert services.arrived(first, None) is False
    assert services.send_again(second, None) is True
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["sent", "queued"]
    recorder.drive(broadcast)
    broadcast.refresh_from_db()
    assert (len(recorder.calls), broadcast.state) == (1, "finished")


def test_all_in_doubt_are_settled_at_once(org: Org) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    for row in Dispatch.objects.all():
        break_off(row, State.UNKNOWN, "no_answer")
    assert services.all_arrived(broadcast, None) == 2
    assert progress.of(broadcast).sent == 6


def test_what_is_sent_again_while_paused_stays_paused(org: Org) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    row = Dispatch.objects.order_by("pk")[0]
    break_off(row, State.UNKNOWN, "no_answer")
    services.pause(broadcast, None)
    services.send_again(row, None)
    assert Dispatch.objects.get(pk=row.pk).held is True


def test_a_call_that_comes_back_in_line_after_a_cancel_is_never_sent(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    row = Dispatch.objects.order_by("pk")[0]
    Dispatch.objects.filter(pk=row.pk).update(state=State.SENDING)
    assert services.cancel(broadcast, None) is True
    break_off(row, State.QUEUED, "throttled")
    recorder.drive(broadcast)
    assert recorder.calls == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}


def test_cancel_keeps_what_was_sent(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    Dispatch.objects.filter(group__name="B").update(held=True)
    recorder.drive(broadcast)
    assert services.cancel(broadcast, None) is True
    assert services.cancel(broadcast, None) is False
    now = progress.of(broadcast)
    assert (now.sent, now.cancelled, now.waiting) == (3, 3, 0)
    assert (now.done, now.total) == (3, 6)  # the bar stops where the sending stopped


def test_two_last_calls_at_the_same_moment_are_finished_by_the_tick(org: Org, recorder: Recorder) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    recorder.drive(broadcast)
    Broadcast.objects.update(state="running", finished_at=None)
    tick()
    broadcast.refresh_from_db()
    assert (broadcast.state, services.finish_done()) == ("finished", 0)


def test_the_tick_leaves_alone_what_still_waits(org: Org) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    tick()
    broadcast.refresh_from_db()
    assert broadcast.state == "running"


def test_a_cancelled_broadcast_is_not_tried_again(org: Org) -> None:
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    break_off(Dispatch.objects.order_by("pk")[0], State.FAILED, "NotAdmin")
    services.cancel(broadcast, None)
    broadcast.refresh_from_db()
    assert services.retry_failures(broadcast, None) == 0


def test_progress_takes_two_queries_whatever_the_size(org: Org, recorder: Recorder) -> None:
    recorder.failed = (refused(1),)
    broadcast = org.launched(PUBLIC, [org.public(people=range(100))])
    recorder.drive(broadcast)
    with CaptureQueriesContext(connection) as queries:
        progress.of(broadcast)
    assert len(queries) == 2


def test_a_copy_is_a_draft_with_the_same_numbers(org: Org) -> None:
    broadcast = org.launched(PEOPLE, [org.public()], numbers=f"{number(1)}\nabc")
    copy = services.copy_as_draft(broadcast, None)
    assert (copy.state, copy.title, services.check(copy).people) == ("draft", "Copy of Hello", 1)
    assert AudienceLine.objects.filter(broadcast=copy).count() == 2


def test_a_sent_broadcast_can_neither_be_changed_nor_thrown_away(org: Org) -> None:
    group = org.group()
    broadcast = org.launched(GROUPS, [group])
    with pytest.raises(services.NotADraft):
        services.save_draft(
            tenant=org.tenant,
            choice=services.Choice(GROUPS, (group.pk,)),
            content={"message": "Other"},
            by=None,
            broadcast=broadcast,
        )
    assert services.delete_draft(broadcast, None) is False
    assert Broadcast.objects.get().content == {"message": "Hello"}


def test_each_deed_is_in_the_audit_log(org: Org) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    services.pause(broadcast, None)
    services.resume(broadcast, None)
    services.cancel(broadcast, None)
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Broadcast), object_pk=str(broadcast.pk)
    )
    words = [next(iter(entry.changes_dict)) for entry in entries.order_by("id")]
    assert words == ["write", "launch", "pause", "resume", "cancel"]


def test_reasons_that_differ_from_person_to_person_are_told_in_a_few_lines(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    broadcast = org.launched(PUBLIC, [org.public(people=range(100))])
    lines = list(Delivery.objects.order_by("pk"))
    for at, line in enumerate(lines):
        line.state = "failed"
        line.reason = "Busy" if at < 40 else f"{line.mobile_number} is not here"
    Delivery.objects.bulk_update(lines, ["state", "reason"])
    Dispatch.objects.update(state=State.FAILED)
    now = progress.of(broadcast)
    assert (len(now.reasons), now.reasons[0].reason, now.reasons[0].people) == (20, "Busy", 40)
    assert now.others == {"failed": 41}
    client, of_one = signed_in("Operator"), lines[-1].reason
    page = client.get(url("progress", broadcast.pk)).content.decode()
    assert "41 more people</a>: other reasons" in page
    assert page.count("is not here</span>") + page.count("is not here\n") <= 19
    asked = client.get(url("do", broadcast.pk, "retry"), {"reason": of_one}).content.decode()
    assert f"<dd>{of_one}</dd>" in asked
    assert "<dt>People</dt><dd>1</dd>" in asked
    type(org.tenant).objects.update(many_people=30)
    few = client.get(url("do", broadcast.pk, "retry"), {"reason": of_one}).content.decode()
    many = client.get(url("do", broadcast.pk, "retry"), {"reason": "Busy"}).content.decode()
    assert ('name="typed"' in few, "Type the number of people, 40" in many) == (False, True)

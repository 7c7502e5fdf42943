"""From the form's service to the phones and back, through real processes and real HTTP."""

import pytest
from django.db.models import Count
from django.utils import timezone

from groups.models import Group, Member, Reach, Subscriber, SyncRun
from kaizala_admin.connectors.models import Connector
from messaging import services
from messaging.models import Broadcast, Delivery, Dispatch
from tests.flows.house import THREADS, House

pytestmark = pytest.mark.flow


def ordinary(count: int) -> list[Group]:
    return list(
        Group.objects.filter(group_type="Group", member_count__gt=0).order_by("-member_count")[:count]
    )


def public() -> Group:
    return Group.objects.filter(group_type="ConnectGroup").order_by("-subscriber_count", "pk")[0]


def copies(house: House, broadcast: Broadcast) -> int:
    """The most copies that one phone got."""
    summary = house.get("/sandbox/ledger/summary", text=broadcast.content["message"])
    return int(summary["copiesMax"])


def test_the_mirror_is_what_the_sandbox_has(house: House, synced: Connector) -> None:
    state = house.get("/sandbox/state")
    counts = state["counts"]
    assert (Group.objects.count(), Member.objects.count()) == (counts["groups"], counts["members"])
    # Kaizala shows subscribers to Admins of a group only (contract 6).
    shown = set(Reach.objects.filter(role="Admin").values_list("group__group_id", flat=True))
    there = {g["groupId"]: g["subscribers"] for g in state["publicGroups"] if g["groupId"] in shown}
    here = Subscriber.objects.values_list("group__group_id").annotate(Count("pk"))
    assert len(there) >= 3
    assert dict(here) == there


def test_a_second_sync_changes_nothing(house: House, synced: Connector) -> None:
    before = SyncRun.objects.latest("pk").pk
    house.sync(synced)
    again = SyncRun.objects.filter(pk__gt=before)
    assert again.count() == Group.objects.count() + 1
    assert set(again.values_list("created", "changed", "gone")) == {(0, 0, 0)}


def test_a_text_reaches_every_member_of_three_groups_once(house: House, synced: Connector) -> None:
    broadcast = house.finish(house.send("groups", ordinary(3), "Rain on Friday"))
    assert house.differences(broadcast) == []
    assert list(broadcast.dispatches.values_list("state", flat=True)) == ["sent"] * 3


def test_a_text_reaches_every_subscriber_once_in_batches(house: House, synced: Connector) -> None:
    broadcast = house.finish(house.send("public", [public()], "Seed prices today"))
    assert house.differences(broadcast) == []
    assert copies(house, broadcast) == 1
    assert broadcast.dispatch_count == -(-broadcast.people // 30)
    assert house.get("/sandbox/calls")["throttled"] == 0


def test_an_endpoint_that_moves_in_the_middle_loses_nothing(house: House, synced: Connector) -> None:
    house.post("/sandbox/faults", operation="send_message_to_subscribers", kind="moved", times=3)
    broadcast = house.finish(house.send("public", [public()], "We moved"))
    calls = house.get("/sandbox/calls")["byOperation"]["send_message_to_subscribers"]
    assert calls["byStatus"]["308"] == 3
    assert house.differences(broadcast) == []
    assert copies(house, broadcast) == 1


def test_throttled_calls_go_back_in_line_and_arrive_once(house: House, synced: Connector) -> None:
    house.post("/sandbox/faults", operation="send_message", kind="throttle", retryAfter=1, times=2)
    broadcast = house.finish(house.send("groups", ordinary(2), "Slowly please"))
    assert house.differences(broadcast) == []
    assert [row.state for row in broadcast.dispatches.all()] == ["sent", "sent"]


def test_a_cut_line_leaves_an_unknown_and_never_a_second_copy(house: House, synced: Connector) -> None:
    house.post("/sandbox/faults", operation="send_message", kind="cut-after", times=1)
    broadcast = house.send("groups", ordinary(1), "Did you hear me?")
    row = house.wait(lambda: Dispatch.objects.filter(broadcast=broadcast, state="unknown").first())
    assert copies(house, broadcast) == 1
    assert services.arrived(row, None) is True
    finished = house.finish(broadcast)
    assert house.differences(finished) == []
    assert copies(house, finished) == 1


def test_what_kaizala_refuses_fails_with_its_reason_and_can_be_tried_again(
    house: House, synced: Connector
) -> None:
    house.post("/sandbox/faults", operation="send_message", kind="error-before", status=400, times=1)
    broadcast = house.finish(house.send("groups", ordinary(1), "Once more"))
    assert Delivery.objects.get(broadcast=broadcast).state == "failed"
    assert copies(house, broadcast) == 0
    assert services.retry_failures(broadcast, None) == broadcast.people
    house.wait(lambda: Delivery.objects.filter(broadcast=broadcast, state="sent").exists())
    assert copies(house, broadcast) == 1


def test_a_paused_broadcast_sends_only_the_rest_after_it_is_resumed(house: House, synced: Connector) -> None:
    house.post("/sandbox/faults", operation="send_message_to_subscribers", kind="slow", seconds=0.5)
    Connector.objects.update(batch_size=1)
    broadcast = house.send("public", [public()], "In two parts")
    house.wait(lambda: broadcast.dispatches.filter(state="sent").exists())
    assert services.pause(broadcast, None) is True
    house.wait(lambda: not broadcast.dispatches.filter(state="sending").exists())
    before = broadcast.dispatches.filter(state="sent").count()
    assert before < broadcast.dispatch_count
    house.delete("/sandbox/faults")
    assert house.get("/sandbox/ledger/summary", text="In two parts")["deliveries"] == before
    assert services.resume(broadcast, None) is True
    assert house.differences(house.finish(broadcast)) == []
    assert copies(house, broadcast) == 1


def test_a_cancelled_broadcast_sends_nothing_more(house: House, synced: Connector) -> None:
    house.post("/sandbox/faults", operation="send_message_to_subscribers", kind="slow", seconds=0.5)
    Connector.objects.update(batch_size=1)
    broadcast = house.send("public", [public()], "Never mind")
    house.wait(lambda: broadcast.dispatches.filter(state="sent").exists())
    assert services.cancel(broadcast, None) is True
    house.wait(lambda: not broadcast.dispatches.filter(state__in=["queued", "sending"]).exists())
    sent = broadcast.dispatches.filter(state="sent").count()
    assert 0 < sent < broadcast.dispatch_count
    assert house.get("/sandbox/ledger/summary", text="Never mind")["deliveries"] == sent
    assert broadcast.dispatches.filter(state="cancelled").count() == broadcast.dispatch_count - sent


def test_a_worker_that_is_killed_in_the_middle_sends_nobody_a_second_copy(
    house: House, synced: Connector
) -> None:
    Connector.objects.update(batch_size=1)
    house.post("/sandbox/faults", operation="send_message_to_subscribers", kind="hang-after", seconds=1)
    broadcast = house.send("public", [public()], "Through the storm")
    house.wait(lambda: broadcast.dispatches.filter(state="sending").count() > 2)
    worker = house.supervisor.children["worker"]
    worker.kill()
    # The dead worker's leases run out now rather than in minutes.
    broadcast.dispatches.filter(state="sending").update(lease_until=timezone.now())
    house.delete("/sandbox/faults")
    worker.start()
    rows = broadcast.dispatches
    house.wait(lambda: not rows.filter(state__in=["queued", "sending"]).exists(), seconds=150)
    assert copies(house, broadcast) == 1
    assert set(rows.values_list("state", flat=True)) == {"sent", "unknown"}
    assert rows.filter(state="unknown").count() <= THREADS

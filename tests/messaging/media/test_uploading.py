"""Files go up once, before the calls that need them: through the pump, counted on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from groups.models import Group, Member
from kaizala_admin.connectors.models import Connector
from kaizala_admin.kaizala import shared_session
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import OutboxRow, State
from kaizala_admin.outbox.pump import pump
from messaging import services, tasks
from messaging.audience import GROUPS, Choice
from messaging.media import services as library
from messaging.media import store, uploading
from messaging.media.models import MediaFile, MediaUpload
from messaging.models import Broadcast, Delivery, Dispatch
from tests.groups.conftest import Service, service
from tests.messaging import files
from tests.messaging.kinds import samples

__all__ = ["service"]
IMAGE: dict[str, Any] = {"caption": "Look"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> None:
    settings.KAIZALA_LIBRARY_DIR = str(tmp_path / "library")


@pytest.fixture(autouse=True, scope="module")
def closed_lines() -> Iterator[None]:
    yield
    shared_session().close()


@pytest.fixture
def quick(service: Service) -> Iterator[Service]:
    service.drive(_directory(service))
    _people()
    Connector.objects.update(calls_per_minute=600_000)
    tenant = service.grant.connector.tenant
    tenant.calls_per_minute = 600_000
    tenant.save()
    service.sandbox.delete("/sandbox/calls")
    yield service
    service.sandbox.delete("/sandbox/faults")


def _directory(service: Service) -> Any:
    from groups import services as syncing

    return syncing.start_connector_sync(service.grant.connector)[0]


def _people() -> None:
    """Somebody in the mirror of every group: the rest of the sync is not what is tested here."""
    now = timezone.now()
    Group.objects.update(member_count=1, synced_at=now)
    somebody = {"mobile_number": "+919800000001", "first_seen_at": now, "is_provisioned": True}
    Member.objects.bulk_create(
        Member(group=group, person_id=f"p{group.pk}", **somebody) for group in Group.objects.all()
    )


def run(service: Service, *row_classes: type[OutboxRow]) -> None:
    """Permits for every call of these classes that is due, until none is: never before `not_before`."""
    while True:
        permits = {"permits": 1, "permits_until": timezone.now() + timedelta(seconds=30)}
        found = 0
        for row_class in row_classes or (MediaUpload, Dispatch):
            due: Any = row_class._default_manager.filter(state=State.QUEUED, held=False)
            found += due.filter(not_before__lte=timezone.now() + timedelta(minutes=6)).update(
                not_before=timezone.now() - timedelta(seconds=1), **permits
            )
        if not found:
            return
        pump(service.grant.connector_id)


def launch(service: Service, content: dict[str, Any], kind: str = "image", groups: int = 2) -> Broadcast:
    chosen = Group.objects.filter(group_type="Group").order_by("pk")[:groups]
    draft = services.save_draft(
        tenant=service.grant.connector.tenant,
        choice=Choice(GROUPS, tuple(group.pk for group in chosen)),
        content=content,
        by=None,
        kind=kind,
    )
    Broadcast.objects.filter(pk=draft.pk).update(title=f"{kind} {draft.pk}")
    assert services.launch(draft, None, services.check(draft).people) is True
    return Broadcast.objects.get(pk=draft.pk)


def calls(service: Service) -> dict[str, int]:
    counted = service.sandbox.get("/sandbox/calls")["byOperation"]
    return {name: counted.get(name, {}).get("total", 0) for name in ("upload_media", "send_action")}


def states(broadcast: Broadcast) -> list[tuple[str, str]]:
    return list(broadcast.dispatches.order_by("pk").values_list("state", "reason"))


def picture(colour: str = "teal") -> dict[str, Any]:
    return {**IMAGE, "media_files": [samples.file("mill.png", files.picture(colour=colour)).pk]}


def test_calls_wait_for_the_one_upload_that_they_need(quick: Service) -> None:
    broadcast = launch(quick, picture())
    assert states(broadcast) == [("queued", "media")] * 2
    assert MediaUpload.objects.get().title() == "mill.png"
    run(quick, Dispatch)
    assert calls(quick) == {"upload_media": 0, "send_action": 0}
    run(quick)
    assert calls(quick) == {"upload_media": 1, "send_action": 2}
    assert states(broadcast) == [("sent", "")] * 2
    assert Broadcast.objects.get(pk=broadcast.pk).state == "finished"


def test_what_kaizala_returned_is_used_again(quick: Service) -> None:
    content = picture()
    launch(quick, content)
    run(quick)
    second = launch(quick, content)
    assert states(second) == [("queued", "")] * 2
    run(quick)
    assert calls(quick) == {"upload_media": 1, "send_action": 4}


def test_a_refused_file_goes_up_anew_by_itself_and_nobody_is_left_out(quick: Service) -> None:
    content = picture()
    launch(quick, content)
    run(quick)
    quick.sandbox.delete("/sandbox/media")
    second = launch(quick, content)
    run(quick)
    assert calls(quick) == {"upload_media": 2, "send_action": 5}
    assert states(second) == [("sent", "")] * 2
    assert set(second.deliveries.values_list("state", flat=True)) == {"sent"}
    assert MediaUpload.objects.exclude(refused_at=None).count() == 1


def test_a_refusal_of_files_that_have_just_gone_up_stands(quick: Service) -> None:
    quick.sandbox.post("/sandbox/faults", operation="send_action", kind="error-before", status=400)
    broadcast = launch(quick, picture())
    run(quick)
    assert calls(quick) == {"upload_media": 1, "send_action": 2}
    assert [state for state, _ in states(broadcast)] == ["failed"] * 2


def test_a_second_refusal_of_the_same_call_stands(quick: Service) -> None:
    content = picture()
    launch(quick, content)
    run(quick)
    quick.sandbox.post("/sandbox/faults", operation="send_action", kind="error-before", status=400)
    second = launch(quick, content)
    run(quick)
    assert calls(quick) == {"upload_media": 2, "send_action": 5}
    assert [state for state, _ in states(second)] == ["failed"] * 2


def test_an_upload_that_fails_fails_the_calls_that_wait_for_it_with_its_reason(quick: Service) -> None:
    quick.sandbox.post("/sandbox/faults", operation="upload_media", kind="error-before", status=413)
    broadcast = launch(quick, picture())
    run(quick)
    assert states(broadcast) == [("failed", "media_failed")] * 2
    assert calls(quick) == {"upload_media": 1, "send_action": 0}
    line = Delivery.objects.filter(broadcast=broadcast)[0]
    assert line.reason.startswith("Its files could not be brought to Kaizala: ")
    quick.sandbox.delete("/sandbox/faults")
    assert services.retry_failures(broadcast, None) == broadcast.people
    assert states(broadcast) == [("queued", "media")] * 2
    run(quick)
    assert states(broadcast) == [("sent", "")] * 2


def test_a_lost_answer_to_an_upload_only_costs_another_upload(quick: Service) -> None:
    quick.sandbox.post("/sandbox/faults", operation="upload_media", kind="cut-after", times=1)
    broadcast = launch(quick, picture())
    run(quick)
    assert states(broadcast) == [("sent", "")] * 2
    assert calls(quick)["send_action"] == 2


def test_an_upload_that_a_person_cancels_ends_the_calls(quick: Service) -> None:
    broadcast = launch(quick, picture())
    assert outbox.cancel(MediaUpload.objects.all()) == 1
    assert states(broadcast) == [("failed", "media_failed")] * 2
    assert Broadcast.objects.get(pk=broadcast.pk).state == "finished"


def test_a_paused_broadcast_stays_paused_when_its_files_are_there(quick: Service) -> None:
    broadcast = launch(quick, picture())
    assert services.pause(broadcast, None) is True
    run(quick)
    assert (calls(quick), states(broadcast)) == (
        {"upload_media": 1, "send_action": 0},
        [("queued", "")] * 2,
    )
    assert services.resume(broadcast, None) is True
    run(quick)
    assert states(broadcast) == [("sent", "")] * 2


def test_a_cancelled_broadcast_sends_nothing_when_its_files_are_there(quick: Service) -> None:
    broadcast = launch(quick, picture())
    assert services.cancel(broadcast, None) is True
    run(quick)
    assert calls(quick) == {"upload_media": 1, "send_action": 0}


def test_a_release_that_was_missed_is_made_up_for_by_the_tick(quick: Service) -> None:
    content = picture()
    launch(quick, content)
    run(quick)
    second = launch(quick, content)
    waiting = {"reason": uploading.WAITING, "not_before": uploading.LATER}
    second.dispatches.update(**waiting)  # as if the upload had ended between the look and the commit
    tasks.tick()
    assert states(second) == [("queued", "")] * 2


def test_a_file_that_the_disk_lost_is_said_and_makes_no_call(quick: Service) -> None:
    content = picture()
    store.forget(MediaFile.objects.get().stored)
    broadcast = launch(quick, content)
    run(quick)
    assert states(broadcast) == [("failed", "media_failed")] * 2
    assert calls(quick) == {"upload_media": 0, "send_action": 0}
    assert "not on the disk" in Delivery.objects.filter(broadcast=broadcast)[0].reason


def test_two_pieces_of_one_broadcast_are_both_waited_for(quick: Service) -> None:
    keys = [picture(colour)["media_files"][0] for colour in ("teal", "olive")]
    broadcast = launch(quick, {"headline": "A", "message": "B", "pictures": keys}, kind="announcement")
    assert MediaUpload.objects.count() == 2
    first = MediaUpload.objects.order_by("pk")[0]
    uploading.record(first, first.perform(quick.client))
    assert states(broadcast) == [("queued", "media")] * 2
    run(quick)
    assert states(broadcast) == [("sent", "")] * 2


def test_a_file_that_a_running_broadcast_needs_is_not_removed(quick: Service) -> None:
    launch(quick, picture())
    file = MediaFile.objects.get()
    assert library.remove(file) is False
    run(quick)
    assert library.remove(file) is True


def test_files_that_were_refused_after_a_long_pause_go_up_anew_by_themselves(quick: Service) -> None:
    broadcast = launch(quick, picture())
    assert services.pause(broadcast, None) is True
    run(quick)
    ago = timezone.now() - timedelta(days=14)
    Broadcast.objects.update(launched_at=ago - timedelta(minutes=1))
    MediaUpload.objects.update(settled_at=ago)
    quick.sandbox.delete("/sandbox/media")
    assert services.resume(broadcast, None) is True
    run(quick)
    assert calls(quick) == {"upload_media": 2, "send_action": 3}
    assert states(broadcast) == [("sent", "")] * 2


def test_a_persons_retry_brings_files_anew_that_are_refused_once_more(quick: Service) -> None:
    broadcast = launch(quick, picture())
    run(quick, MediaUpload)
    quick.sandbox.delete("/sandbox/media")
    run(quick)
    assert calls(quick) == {"upload_media": 1, "send_action": 2}
    assert [state for state, _ in states(broadcast)] == ["failed"] * 2
    assert services.retry_failures(broadcast, None) == 2
    run(quick)
    assert calls(quick) == {"upload_media": 2, "send_action": 5}
    assert states(broadcast) == [("sent", "")] * 2


def test_a_call_that_is_refused_whatever_its_files_ends_however_often_a_person_tries(quick: Service) -> None:
    quick.sandbox.post("/sandbox/faults", operation="send_action", kind="error-before", status=400)
    broadcast = launch(quick, picture(), groups=1)
    run(quick)
    for uploads in (2, 3):
        services.retry_failures(broadcast, None)
        run(quick)
        assert calls(quick)["upload_media"] == uploads
        assert [state for state, _ in states(broadcast)] == ["failed"]

"""Media in doubt: events tell the caption and the names of the files, the list tells of pictures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kaizala_admin.kaizala import KaizalaError, Media
from kaizala_admin.outbox.models import Attempt, State
from messaging.media.models import MediaFile
from messaging.models import ActionLook, Broadcast, Dispatch
from tests.groups.conftest import service
from tests.messaging import files
from tests.messaging.test_evidence import Town, state, town

__all__ = ["service", "town"]


def stored(name: str, kind: str = "image") -> MediaFile:
    return MediaFile.objects.create(name=name, sha256=name, kind=kind, size=1, stored=name)


def in_doubt(town: Town, kind: str, file: MediaFile, caption: str = "") -> Dispatch:
    """A call whose answer was lost."""
    broadcast = Broadcast.objects.create(
        tenant=town.group.tenant,
        title="Media",
        kind=kind,
        content={"media_files": [file.pk], "caption": caption},
        state=Broadcast.State.RUNNING,
    )
    grant = town.service.grant
    row = Dispatch.objects.create(
        broadcast=broadcast, group=town.group, mode="group", connector=grant.connector, grant=grant, people=5
    )
    tried = {"row_class": "messaging.dispatch", "row_id": row.pk, "number": 1, "outcome": State.UNKNOWN}
    Attempt.objects.create(started_at=timezone.now(), **tried)
    Dispatch.objects.filter(pk=row.pk).update(state=State.UNKNOWN, reason="no_answer")
    row.refresh_from_db()
    row.state_changed(State.UNKNOWN)
    return row


@pytest.mark.parametrize("kind", ["image", "album", "audio", "document", "video"])
def test_an_event_settles_media_without_a_word(town: Town, kind: str) -> None:
    row = in_doubt(town, kind, stored("field.bin"))
    media = [{"mediaUrl": "https://cdn.example.org/x/9f?se=2290&amp;sig=x", "mediaFileName": "other.bin"}]
    town.told("AttachmentCreated", {"media": media, "actionType": "Image", "caption": ""})
    assert state(row)[0] == "unknown"
    media[0]["mediaFileName"] = "field.bin"
    town.told("AttachmentCreated", {"media": media, "actionType": "Image", "caption": ""}, "e-2")
    assert state(row) == ("sent", "found_at_kaizala")


def test_two_equal_pictures_in_doubt_and_one_event_stay_in_doubt(town: Town) -> None:
    file = stored("field.jpg")
    rows = [in_doubt(town, "image", file), in_doubt(town, "image", file)]
    data = {"media": [{"url": "u", "fileName": "field.jpg"}], "actionType": "Image", "caption": ""}
    town.told("AttachmentCreated", data)
    assert [state(row)[0] for row in rows] == ["unknown", "unknown"]


def test_the_list_of_pictures_settles_one_without_a_word(town: Town) -> None:
    client = town.service.client
    resource = client.upload_media([("field.png", files.picture(), "image/png")])
    town.lose("send_action")
    row = in_doubt(town, "image", stored("field.png"))
    with pytest.raises(KaizalaError):
        client.send_action(town.group.group_id, Media("Image", resource, ""))
    assert set(ActionLook.objects.values_list("action_type", flat=True)) == {"Image"}
    town.run(ActionLook)
    assert state(row) == ("sent", "found_at_kaizala")
    assert row.reference_id != ""


def test_a_picture_that_the_list_does_not_hold_is_never_sent_again_by_itself(
    town: Town, settings: Any
) -> None:
    from messaging.evidence import looks

    settings.KAIZALA_UNKNOWN_POLICY = "resend_if_absent"
    row = in_doubt(town, "image", stored("field.png"))
    town.run(ActionLook)
    Attempt.objects.update(started_at=timezone.now() - timedelta(hours=1))
    assert looks.tick() == (0, 0)
    assert state(row)[0] == "unknown"


def test_the_page_says_what_was_looked_for_of_each_kind(town: Town) -> None:
    boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    said = {}
    for kind in ("image", "document"):
        row = in_doubt(town, kind, stored(f"{kind}.bin"))
        address = reverse("admin:messaging_broadcast_unknowns", args=[row.broadcast_id])
        page = browser.get(address).content.decode()
        said[kind] = ("Kaizala lists nothing of this kind." in page, "list is asked at" in page)
    assert said == {"image": (False, True), "document": (True, False)}

"""Broadcasts, their calls, their times and the ledger in an archive."""

from collections.abc import Iterator
from typing import IO

from kaizala_admin.exports import archive
from kaizala_admin.exports.archive.restoring import after_restore

from .evidence.models import ActionLook, Echo
from .lists import DoNotContact, SavedAudience
from .media import store
from .media.models import MediaFile, MediaUpload
from .models import AudienceLine, Broadcast, Delivery, Dispatch
from .timing.models import Approval, Firing, SavedMessage, Schedule, TestPhones


def register() -> None:
    """Once, at start-up; parents before children."""
    archive.register(MediaFile, "")  # the library has no tenants
    archive.register_files("media", _files, _keep)
    archive.register(MediaUpload, "connector__tenant", leave_out=("resource",))  # opens the file
    archive.register(SavedAudience, "tenant")
    archive.register(DoNotContact, "tenant")
    archive.register(SavedMessage, "tenant")
    archive.register(TestPhones, "tenant")
    archive.register(Broadcast, "tenant")
    archive.register(Broadcast.uses.through, "broadcast__tenant")
    archive.register(AudienceLine, "broadcast__tenant")
    archive.register(Schedule, "broadcast__tenant")
    archive.register(Firing, "schedule__broadcast__tenant")
    archive.register(Approval, "broadcast__tenant")
    archive.register(Dispatch, "broadcast__tenant")
    archive.register(Delivery, "broadcast__tenant")
    archive.register(Echo, "group__tenant")
    archive.register(ActionLook, "connector__tenant")
    after_restore(_pause)


def _pause() -> None:
    """What was on its way when the archive was made may have arrived since: a person decides."""
    Broadcast.objects.filter(state=Broadcast.State.RUNNING).update(state=Broadcast.State.PAUSED)
    Schedule.objects.filter(state=Schedule.State.ACTIVE).update(state=Schedule.State.STOPPED, next_at=None)


def _files(tenant: int) -> Iterator[tuple[str, IO[bytes]]]:
    """The library's files and their small pictures, by the names they are stored under."""
    for names in MediaFile.objects.order_by("pk").values_list("stored", "thumbnail").iterator():
        for name in filter(None, names):
            try:
                yield name, store.path(name).open("rb")
            except FileNotFoundError:  # cleaned up, or not on this machine
                continue


def _keep(name: str, file: IO[bytes]) -> None:
    """Under the same name, which `store.path` checks."""
    place = store.path(name)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place.open("wb") as into:
        while block := file.read(store.CHUNK):
            into.write(block)
    place.chmod(0o600)

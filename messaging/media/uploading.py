"""Files go to Kaizala before the calls that need them: one `MediaUpload` for each set of files and connector.

A dispatch whose files are not there yet waits: queued, with the reason WAITING, not due before LATER. What
Kaizala returned is used again by every later call, until Kaizala refuses one that names it; then the files go
up anew, and the refused call is made again: a refusal is surely not sent. Where they have just gone up, it
stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.kaizala import InvalidInput, KaizalaClient, NotSent
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Attempt, Lane, State
from kaizala_admin.outbox.registry import label
from kaizala_admin.outbox.words import REASONS, reason_words

from . import looking, services, store
from .models import MediaFile, MediaUpload

if TYPE_CHECKING:
    from messaging.models import Broadcast, Dispatch

LATER = datetime(9000, 1, 1, tzinfo=UTC)
FRESH = timedelta(hours=1)  # what has gone up since is not to blame for a refusal
WAITING, FAILED = "media", "media_failed"
GOOD = (State.QUEUED, State.SENDING, State.SENT)


def key_of(files: Sequence[int]) -> str:
    """How a set of files is named in MediaUpload.files and in `content["resources"]`."""
    return ",".join(str(one) for one in files)


def pieces(broadcast: "Broadcast") -> list[str]:
    """What has to be at Kaizala for this broadcast, each once."""
    from messaging import kinds

    kind = kinds.every().get(broadcast.kind)
    if kind is None or not kind.has_media:
        return []
    return list(dict.fromkeys(key_of(piece) for piece in kind.media(broadcast.content)))


# --- the upload's own call ------------------------------------------------------------------------------


def perform(upload: MediaUpload, client: KaizalaClient) -> str:
    """One call. Raises InvalidInput when a file is gone, with no call made."""
    keys = [int(key) for key in upload.files.split(",")]
    found = MediaFile.objects.in_bulk(keys)
    if len(found) < len(set(keys)):
        raise InvalidInput(_("A file was removed from the media library."), field="files")
    with ExitStack() as stack:
        try:
            files = [stack.enter_context(store.opened(found[key].stored)) for key in keys]
        except FileNotFoundError:
            raise InvalidInput(_("A file of the media library is not on the disk."), field="files") from None
        named = [found[key] for key in keys]
        parts = [(one.name, file, one.content_type) for one, file in zip(named, files, strict=True)]
        return client.upload_media(parts)


def record(upload: MediaUpload, resource: str) -> None:
    """Keeps what Kaizala returned, and lets go who waited for it."""
    upload.resource = resource
    upload.save(update_fields=["resource"])
    release(upload.connector_id)


def follow(uploads: Sequence[MediaUpload], state: State) -> None:
    """An upload that is over without success ends the calls that wait for it."""
    if state not in (State.FAILED, State.CANCELLED):
        return
    for upload in uploads:
        why = upload.detail or reason_words(upload.reason)
        for rows in _chunks(_waiting_for(upload)):
            _end(rows, why)


def _waiting_for(upload: MediaUpload) -> list["Dispatch"]:
    from messaging.models import Dispatch

    rows = Dispatch.objects.filter(connector=upload.connector_id, state=State.QUEUED, reason=WAITING)
    return [row for row in rows.select_related("broadcast") if upload.files in pieces(row.broadcast)]


def _chunks(rows: list["Dispatch"]) -> Iterator[list["Dispatch"]]:
    return (rows[start : start + 500] for start in range(0, len(rows), 500))


def _end(rows: Sequence["Dispatch"], why: str) -> None:
    from messaging import sending
    from messaging.models import Dispatch

    detail = (_("Its files could not be brought to Kaizala: %(why)s") % {"why": why})[:1000]
    ended = {"state": State.FAILED, "reason": FAILED, "detail": detail, "settled_at": Now(), "permits": 0}
    mine = [row for row in rows if Dispatch.objects.filter(pk=row.pk, state=State.QUEUED).update(**ended)]
    for row in mine:
        row.state, row.reason, row.detail = State.FAILED, FAILED, detail
    if mine:
        sending.follow(mine, State.FAILED)


# --- the calls that need the files ----------------------------------------------------------------------


def resources(row: "Dispatch") -> dict[str, str]:
    """What Kaizala calls each set of files; the row remembers the uploads.

    Raises NotSent when one is missing: the row then waits for it.
    """
    wanted = pieces(row.broadcast)
    found = _resources(row.connector_id, wanted) if wanted else {}
    if missing := [key for key in wanted if key not in found]:
        raise NotSent(_("%(n)s of its files have to be brought to Kaizala first.") % {"n": len(missing)})
    row.uploads = [pk for pk, _resource in found.values()]
    return {key: resource for key, (_pk, resource) in found.items()}


def _resources(connector_id: int, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """By set of files: the newest upload, and what Kaizala returned to it."""
    rows = MediaUpload.objects.filter(
        connector=connector_id, files__in=keys, state=State.SENT, refused_at=None
    ).exclude(resource="")
    return {key: (pk, said) for key, pk, said in rows.order_by("pk").values_list("files", "pk", "resource")}


def missing(broadcast: "Broadcast", connector_ids: Iterable[int]) -> int:
    """How many uploads a launch through these connectors would have to make first."""
    keys = pieces(broadcast)
    return sum(len(set(keys) - set(_resources(one, keys))) for one in connector_ids) if keys else 0


def hold_back(broadcast: "Broadcast", rows: Sequence["Dispatch"]) -> None:
    """Marks new rows whose files are not at Kaizala yet, and puts the uploads in line.

    Inside the caller's transaction, before it posts the rows.
    """
    for row in _have_to_wait(broadcast, rows):
        row.not_before, row.reason = LATER, WAITING


def _have_to_wait(broadcast: "Broadcast", rows: Sequence["Dispatch"]) -> list["Dispatch"]:
    keys = pieces(broadcast)
    if not keys:
        return []
    services.touch(int(one) for key in keys for one in key.split(","))
    by_connector: dict[int, list[Dispatch]] = defaultdict(list)
    for row in rows:
        by_connector[row.connector_id].append(row)
    return [row for same in by_connector.values() if not _ready(same[0], keys) for row in same]


def _ready(row: "Dispatch", keys: Sequence[str]) -> bool:
    """Whether all is there; puts in line what is not. Waits for an upload that ends at this moment."""
    uploads = MediaUpload.objects.filter(
        connector=row.connector_id, files__in=keys, state__in=GOOD, refused_at=None
    )
    known = list(uploads.select_for_update().order_by("pk"))
    there = {one.files for one in known if one.state == State.SENT and one.resource}
    coming = {one.files for one in known if one.state != State.SENT}
    wanted = [key for key in keys if key not in there | coming]
    same = {"connector_id": row.connector_id, "grant_id": row.grant_id, "lane": Lane.PERSON}
    names = _names(wanted)
    outbox.post([MediaUpload(files=key, names=names[key], **same) for key in wanted])
    return set(keys) <= there


def _names(keys: Sequence[str]) -> dict[str, str]:
    """The files' names, for people to read. One query, none for no keys."""
    found = looking.files(int(one) for key in keys for one in key.split(","))
    named = {key: [found[int(one)].name for one in key.split(",") if int(one) in found] for key in keys}
    return {key: ", ".join(names)[:200] for key, names in named.items()}


def wait_again(rows: Sequence["Dispatch"]) -> None:
    """Rows that are back in line wait if their files are not there (any more)."""
    from messaging.models import Broadcast, Dispatch

    by_broadcast: dict[int, list[Dispatch]] = defaultdict(list)
    for row in rows:
        by_broadcast[row.broadcast_id].append(row)
    for broadcast in Broadcast.objects.filter(pk__in=by_broadcast):
        held = [row.pk for row in _have_to_wait(broadcast, by_broadcast[broadcast.pk])]
        queued = Dispatch.objects.filter(pk__in=held, state=State.QUEUED)
        outbox.change(queued, not_before=LATER, reason=WAITING, permits=0)


def release(connector_id: int | None = None) -> int:
    """Lets go every waiting call whose files are all there; in quiet hours they wait on for their end.

    Safe to run twice. Returns how many.
    """
    from messaging.models import Broadcast, Dispatch
    from messaging.timing import quiet

    waiting = Dispatch.objects.filter(state=State.QUEUED, reason=WAITING)
    if connector_id is not None:
        waiting = waiting.filter(connector=connector_id)
    places = list(waiting.order_by().values_list("broadcast_id", "connector_id").distinct())
    broadcasts = Broadcast.objects.in_bulk({broadcast for broadcast, _connector in places})
    count, connectors = 0, set()
    for broadcast, connector in places:
        keys = pieces(broadcasts[broadcast])
        if set(keys) <= set(_resources(connector, keys)):
            ready = waiting.filter(broadcast=broadcast, connector=connector)
            with transaction.atomic():
                count += outbox.change(ready, not_before=Now(), reason="")
                quiet.hold([broadcast])
            connectors.add(connector)
    if count:
        transaction.on_commit(lambda: outbox.nudge(connectors))
    return count


def anew(rows: Sequence["Dispatch"]) -> list["Dispatch"]:
    """Of rows that Kaizala has just refused, puts back in line those whose files may be to blame.

    Their uploads are not used any more; new ones go up first. A refusal with those then stands.
    """
    return [row for row in rows if _once_more(row)]


def _once_more(row: "Dispatch") -> bool:
    from messaging.models import Dispatch

    if row.reason in REASONS or not row.uploads:
        return False
    named = MediaUpload.objects.filter(pk__in=row.uploads)
    named.filter(_may_be_spent(row), refused_at=None).update(refused_at=timezone.now())
    if not named.exclude(refused_at=None).exists():
        return False
    back = {"state": State.QUEUED, "not_before": Now(), "settled_at": None, "reason": "", "attempts": 0}
    return bool(Dispatch.objects.filter(pk=row.pk, state=State.FAILED).update(**back))


def _may_be_spent(row: "Dispatch") -> Q:
    """Uploads that were there before this broadcast, or have lain for long, or failed this very call before.

    The last is a person's retry, for which the same files would only be refused once more.
    """
    from messaging.models import Dispatch

    refused = Attempt.objects.filter(row_class=label(Dispatch), row_id=row.pk, outcome=State.FAILED)
    last = refused.aggregate(at=Max("started_at"))["at"]
    before = Q(settled_at__lt=row.broadcast.launched_at) | Q(settled_at__lt=timezone.now() - FRESH)
    return before | Q(settled_at__lt=last) if last else before

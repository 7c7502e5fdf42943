"""What people and the clock do with the library: add, remove, clean up."""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import pictures, sniffing, store
from .models import MediaFile, MediaUpload

SETTLED = ("finished", "cancelled")
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\<>:\"|?*\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_ELSEWHERE: list[Callable[[], Iterable[int]]] = []


class BadFile(Exception):
    """The file cannot be taken; the words say why."""


def most_bytes() -> int:
    """The size limit."""
    return int(settings.KAIZALA_LIBRARY_MAX_MB) * 1024 * 1024


def add(*, name: str, file: BinaryIO, by: AbstractBaseUser | None) -> MediaFile:
    """Puts a file into the library, or finds the same one there. Raises BadFile.

    What it is, its content alone decides. A name of another kind is refused: on a phone it would not open.
    """
    size = file.seek(0, 2)
    if not size:
        raise BadFile(_("The file is empty."))
    if size > most_bytes():
        said = {"size": f"{size / 1048576:,.1f}", "most": f"{settings.KAIZALA_LIBRARY_MAX_MB:,}"}
        raise BadFile(_("The file has %(size)s MB; at most %(most)s MB are allowed.") % said)
    found = sniffing.sniff(file)
    if found is None:
        raise BadFile(
            _(
                "Kaizala does not take this kind of file. "
                "It takes JPG, PNG, MP3, WAV, MP4, 3GP, PDF, Word, Excel and PowerPoint."
            )
        )
    named = _named(name, found)
    known = MediaFile.objects.filter(sha256=_hash(file)).first()
    return _again(known, file) if known else _create(named, found, size, file, by)


def _named(name: str, found: sniffing.Format) -> str:
    """The name with the ending of what it is. Raises BadFile where it says to be something else."""
    clean = " ".join(NOT_IN_NAMES.sub(" ", name).split()).strip(". ") or _("file")
    stem, _dot, ending = clean.rpartition(".")
    told = next((one for one in sniffing.EVERY if ending.lower() in one.endings), None) if stem else None
    if (told and told.kind != found.kind) or (told and found.kind == sniffing.DOCUMENT and told != found):
        said = {"name": clean[:80], "ending": ending, "inside": found.endings[0].upper()}
        raise BadFile(
            _("“%(name)s” ends in .%(ending)s but is a %(inside)s file inside. Give it its right name.")
            % said
        )
    if not told:
        return f"{clean[:140]}.{found.endings[0]}"
    return f"{stem[:140]}.{ending.lower() if told == found else found.endings[0]}"


def _hash(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while some := file.read(store.CHUNK):
        digest.update(some)
    return digest.hexdigest()


def _again(known: MediaFile, file: BinaryIO) -> MediaFile:
    """The same content once more: used now, and on the disk again if it was lost there."""
    known.used_at = timezone.now()
    if not _there(known):
        known.stored = store.keep(file)
    known.save(update_fields=["used_at", "stored"])
    return known


def _there(known: MediaFile) -> bool:
    try:
        return store.path(known.stored).exists()
    except FileNotFoundError:
        return False


def _create(name: str, found: sniffing.Format, size: int, file: BinaryIO, by: Any) -> MediaFile:
    fields = {"name": name, "kind": found.kind, "content_type": found.content_type, "size": size}
    thumbnail = b""
    if found.kind == sniffing.IMAGE:
        picture = _picture(file)
        fields |= {"width": picture.width, "height": picture.height}
        thumbnail = picture.thumbnail
    digest, kept = _hash(file), [store.keep(file)]
    if thumbnail:
        kept.append(store.keep(io.BytesIO(thumbnail)))
    stored = {"stored": kept[0], "thumbnail": kept[1] if thumbnail else ""}
    try:
        with transaction.atomic():
            return MediaFile.objects.create(sha256=digest, uploaded_by=by, **fields, **stored)
    except IntegrityError:  # somebody uploads the same file at this moment
        for one in kept:
            store.forget(one)
        return MediaFile.objects.get(sha256=digest)


def _picture(file: BinaryIO) -> pictures.Picture:
    try:
        return pictures.look(file)
    except pictures.TooManyPixels:
        said = {"most": f"{pictures.MOST_PIXELS // 1_000_000}"}
        raise BadFile(_("The picture has more than %(most)s megapixels. Make it smaller.") % said) from None
    except pictures.Broken:
        raise BadFile(_("The picture is broken: it cannot be shown.")) from None


def remove(file: MediaFile) -> bool:
    """Takes a file out of the library. False: a broadcast or an upload still needs it."""
    return file.pk not in in_use() and _remove(file)


def _remove(file: MediaFile) -> bool:
    with transaction.atomic():
        if not MediaFile.objects.filter(pk=file.pk).delete()[0]:
            return False
        transaction.on_commit(lambda: _forget(file))
    return True


def _forget(file: MediaFile) -> None:
    store.forget(file.stored)
    store.forget(file.thumbnail)


def also_used(named: Callable[[], Iterable[int]]) -> None:
    """Told at start-up by who sends files of the library in ways of its own: those it still needs."""
    _ELSEWHERE.append(named)


def in_use() -> set[int]:
    """Files that something still to be sent names: drafts, running broadcasts, templates, waiting uploads."""
    named: set[int] = set()
    for model in apps.get_app_config("messaging").get_models():
        names = {field.name for field in model._meta.concrete_fields}
        if {"kind", "content"} <= names:
            named |= _named_by(model, "state" in names)
    for files in MediaUpload.objects.filter(state__in=["queued", "sending"]).values_list("files", flat=True):
        named |= {int(key) for key in files.split(",") if key}
    return named.union(*(told() for told in _ELSEWHERE))


def _named_by(model: type[models.Model], has_state: bool) -> set[int]:
    from messaging import kinds

    rows = model._default_manager.filter(
        kind__in=[key for key, kind in kinds.every().items() if kind.has_media]
    )
    if has_state:
        rows = rows.exclude(state__in=SETTLED)
    return set(_keys(rows.values_list("kind", "content").iterator()))


def _keys(rows: Iterable[tuple[str, Any]]) -> Iterator[int]:
    from messaging import kinds

    for kind, content in rows:
        for piece in kinds.get(kind).media(content):
            yield from piece


def touch(keys: Iterable[int]) -> None:
    """Says that these files are used now."""
    MediaFile.objects.filter(pk__in=set(keys)).update(used_at=timezone.now())


def clean_up() -> int:
    """Removes what nobody has used for KAIZALA_LIBRARY_DAYS (0: never). Safe twice. Returns how many."""
    days = settings.KAIZALA_LIBRARY_DAYS
    if not days:
        return 0
    old = MediaFile.objects.filter(used_at__lt=timezone.now() - timedelta(days=days))
    needed = in_use() if old.exists() else set()
    return sum(_remove(file) for file in old.order_by("used_at")[:500] if file.pk not in needed)

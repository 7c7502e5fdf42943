"""Looking files up for forms and previews."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from .models import MediaFile


def files(keys: Iterable[int]) -> dict[int, MediaFile]:
    """Those that are in the library. One query, none for no keys."""
    wanted = set(keys)
    return MediaFile.objects.in_bulk(wanted) if wanted else {}


def kinds_of(keys: Sequence[int]) -> dict[int, str]:
    """Key -> "image", "audio", "video" or "document"; those that are gone are left out."""
    return {key: file.kind for key, file in files(keys).items()}


def card(file: MediaFile) -> dict[str, Any]:
    """One file for the scripts."""
    return {
        "key": file.pk,
        "name": file.name,
        "kind": file.kind,
        "icon": file.icon,
        "thumbnail": file.thumbnail_url,
        "size": filesizeformat(file.size),
        "url": file.url,
    }


def wrong(kind: str | None, wanted: Sequence[str]) -> str:
    """Why a file of this kind (None: it is gone) cannot stand where the kinds `wanted` are asked for."""
    if kind is None:
        return gettext("This file is not in the media library any more. Choose another.")
    names = {
        "image": gettext("a picture (JPG or PNG)"),
        "audio": gettext("a sound (MP3 or WAV)"),
        "video": gettext("a film (MP4 or 3GP)"),
        "document": gettext("a document (PDF, Word, Excel or PowerPoint)"),
    }
    return gettext("Choose %(what)s here.") % {"what": names[wanted[0]]}

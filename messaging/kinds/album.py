"""An album: several pictures with one caption, uploaded together (contract 8, 9)."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging.media import looking
from messaging.media.fields import MediaField

from .base import ContentForm
from .parts.single import MediaKind, caption

LEAST_PICTURES, MOST_PICTURES = 2, 30  # ours: one picture is no album, and Kaizala names no limit


class Pictures(MediaField):
    def clean(self, value: Any) -> list[int]:
        keys = super().clean(value)
        if len(keys) < LEAST_PICTURES:
            raise ValidationError(gettext("An album has at least two pictures. Add another."), code="few")
        size, most = sum(file.size for file in looking.files(keys).values()), _most_bytes()
        if size > most:
            said = {"size": f"{size / 1048576:,.1f}", "most": f"{most // 1048576:,}"}
            words = gettext("The pictures have %(size)s MB together; at most %(most)s MB are allowed.")
            raise ValidationError(words % said, code="large")
        return keys


def _most_bytes() -> int:
    """Of all pictures together: they go to Kaizala in one call, which is held in memory."""
    return 4 * int(settings.KAIZALA_LIBRARY_MAX_MB) * 1024 * 1024


class AlbumForm(ContentForm):
    media_files = Pictures(_("Pictures"), ["image"], most=MOST_PICTURES)
    caption = caption()


class AlbumKind(MediaKind):
    key = "album"
    title = label = _("Album")
    hint = _("Several pictures")
    icon = "photo_library"
    place = 11
    media_type = "Album"
    form = AlbumForm


KIND = AlbumKind()

"""A sound with a caption: MP3 or WAV (contract 8, 9)."""

from django.utils.translation import gettext_lazy as _

from messaging.media.fields import MediaField

from .base import ContentForm
from .parts.single import MediaKind, caption


class AudioForm(ContentForm):
    media_files = MediaField(_("Sound"), ["audio"])
    caption = caption()


class AudioKind(MediaKind):
    key = "audio"
    title = label = _("Sound")
    hint = _("MP3 or WAV")
    icon = "music_note"
    place = 12
    media_type = "Audio"
    form = AudioForm


KIND = AudioKind()

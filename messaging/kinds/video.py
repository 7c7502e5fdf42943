"""A film with a caption: MP4 or 3GP (contract 8, 9)."""

from django.utils.translation import gettext_lazy as _

from messaging.media.fields import MediaField

from .base import ContentForm
from .parts.single import MediaKind, caption


class VideoForm(ContentForm):
    media_files = MediaField(_("Film"), ["video"])
    caption = caption()


class VideoKind(MediaKind):
    key = "video"
    title = label = _("Film")
    hint = _("MP4 or 3GP")
    icon = "movie"
    place = 13
    media_type = "Video"
    form = VideoForm


KIND = VideoKind()

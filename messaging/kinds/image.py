"""A picture with a caption: JPG or PNG (contract 8, 9)."""

from django.utils.translation import gettext_lazy as _

from messaging.media.fields import MediaField

from .base import ContentForm
from .parts.single import MediaKind, caption


class ImageForm(ContentForm):
    media_files = MediaField(_("Picture"), ["image"])
    caption = caption()


class ImageKind(MediaKind):
    key = "image"
    title = label = _("Picture")
    hint = _("One, with a caption")
    icon = "image"
    place = 10
    media_type = "Image"
    form = ImageForm


KIND = ImageKind()

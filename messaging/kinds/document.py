"""A document with a caption: PDF, Word, Excel or PowerPoint (contract 8, 9)."""

from django.utils.translation import gettext_lazy as _

from messaging.media.fields import MediaField

from .base import ContentForm
from .parts.single import MediaKind, caption


class DocumentForm(ContentForm):
    media_files = MediaField(_("Document"), ["document"])
    caption = caption()


class DocumentKind(MediaKind):
    key = "document"
    title = label = _("Document")
    hint = _("PDF, Word, Excel, PowerPoint")
    icon = "description"
    place = 14
    media_type = "Document"
    form = DocumentForm


KIND = DocumentKind()

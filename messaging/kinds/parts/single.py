"""One file of the library with a caption: what pictures, sounds, films, documents share (contract 8, 9)."""

from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import Media
from messaging.kinds.base import ActionKind, Content, Pieces
from messaging.media import looking

from .card import Card, Text
from .fields import LONG, Words
from .reading import keys, resource, words


def caption() -> Words:
    """The field for it."""
    return Words(_("Caption"), LONG, rows=3, required=False)


class MediaKind(ActionKind):
    """`media_type` is Kaizala's own name (contract 9)."""

    media_type: str
    label: Text
    has_media = True

    def summary(self, content: Content) -> str:
        said = " ".join(words(content, "caption").split())
        names = [file.name for file in looking.files(keys(content, "media_files")).values()]
        return Truncator(said or ", ".join(names) or gettext("A file")).chars(60)

    def media(self, content: Content) -> Pieces:
        chosen = keys(content, "media_files")
        return (chosen,) if chosen else ()

    def action(self, content: Content) -> Media:
        return Media(self.media_type, resource(content, *keys(content, "media_files")), content["caption"])

    def card(self, content: Content) -> Card:
        shown = keys(content, "media_files")
        pictured = self.media_type in ("Image", "Album")
        return Card(
            self.label,
            text=words(content, "caption"),
            pictures=shown if pictured else (),
            files=() if pictured else shown,
        )

"""An announcement: a title, a message and pictures (contract 9)."""

from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import Announcement
from messaging.media.fields import MediaField

from .base import ActionKind, Content, ContentForm, Pieces
from .parts.card import Card
from .parts.fields import LONG, SHORT, Words
from .parts.reading import keys, resource, words

MOST_PICTURES = 10  # ours: Kaizala names no limit


class AnnouncementForm(ContentForm):
    headline = Words(_("Title"), SHORT)
    message = Words(_("Message"), LONG, rows=7)
    pictures = MediaField(_("Pictures"), ["image"], most=MOST_PICTURES, required=False)


class AnnouncementKind(ActionKind):
    key = "announcement"
    title = _("Announcement")
    hint = _("A title, a message, pictures")
    icon = "campaign"
    place = 20
    has_media = True
    form = AnnouncementForm

    def summary(self, content: Content) -> str:
        return Truncator(words(content, "headline")).chars(60)

    def media(self, content: Content) -> Pieces:
        return tuple((key,) for key in keys(content, "pictures"))

    def action(self, content: Content) -> Announcement:
        pictures = tuple(resource(content, key) for key in keys(content, "pictures"))
        return Announcement(content["headline"], content["message"], pictures)

    def card(self, content: Content) -> Card:
        return Card(
            _("Announcement"),
            title=words(content, "headline"),
            text=words(content, "message"),
            pictures=keys(content, "pictures"),
        )


KIND = AnnouncementKind()

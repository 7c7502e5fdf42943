"""A survey: questions of every type, due in some hours (contract 9)."""

from django.utils.text import Truncator, format_lazy
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import Survey
from messaging.media.fields import MediaField

from .base import ActionKind, Content, ContentForm, Pieces
from .parts import questions
from .parts.card import Card
from .parts.fields import LONG, SHORT, YEAR, Count, Pick, Switch, Words, hours_words
from .parts.questions import Questions
from .parts.reading import keys, resource, whole, words

HOURS = 24  # Kaizala's default
SEERS = [
    ("", _("As Kaizala decides")),
    ("0", _("Everybody")),
    ("1", _("Only the sender")),
    ("2", _("Admins of the group")),
    ("3", _("Members and subscribers")),
]


class SurveyForm(ContentForm):
    headline = Words(_("Title"), SHORT)
    description = Words(_("Description"), LONG, rows=3, required=False)
    questions = Questions()
    due_in_hours = Count(_("Due in"), YEAR, _("hours"), initial=HOURS)
    visibility = Pick(_("Who sees the results"), choices=SEERS, required=False)
    anonymous = Switch(_("Answers are anonymous"))
    sender_only = Switch(_("Only the sender sees the answers"))
    several = Switch(_("A person may answer several times"))
    cover = MediaField(_("Cover picture"), ["image"], required=False)


class SurveyKind(ActionKind):
    key = "survey"
    title = _("Survey")
    hint = _("Many questions, any type")
    icon = "assignment"
    place = 31
    has_media = True
    form = SurveyForm

    def summary(self, content: Content) -> str:
        return Truncator(words(content, "headline")).chars(60)

    def media(self, content: Content) -> Pieces:
        return tuple((key,) for key in keys(content, "cover"))

    def action(self, content: Content) -> Survey:
        cover = keys(content, "cover")
        return Survey(
            content["headline"],
            questions.payload(content),
            due_in_hours=content["due_in_hours"],
            is_anonymous=content["anonymous"],
            is_sender_only=content["sender_only"],
            accept_multiple_responses=content["several"],
            visibility=content["visibility"],
            description=content["description"],
            cover_image=resource(content, *cover) if cover else "",
        )

    def card(self, content: Content) -> Card:
        facts = [format_lazy(_("Due in {time}"), time=hours_words(whole(content, "due_in_hours", HOURS)))]
        if content.get("anonymous"):
            facts.append(_("Anonymous"))
        return Card(
            _("Survey"),
            title=words(content, "headline"),
            text=words(content, "description"),
            pictures=keys(content, "cover"),
            questions=questions.asked(content),
            facts=tuple(facts),
        )


KIND = SurveyKind()

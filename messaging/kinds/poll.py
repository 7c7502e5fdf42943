"""A poll: one question, choices with or without pictures, open for some hours (contract 9)."""

from django.utils.text import Truncator, format_lazy
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import Poll, PollChoice

from .base import ActionKind, Content, ContentForm, Pieces
from .parts.card import Card, Option
from .parts.choices import Choices
from .parts.fields import SHORT, YEAR, Count, Words, hours_words
from .parts.reading import resource, rows, whole, words

HOURS = 720  # Kaizala's default: 30 days


class PollForm(ContentForm):
    question = Words(_("Question"), SHORT, rows=2)
    choices = Choices()
    expires_in_hours = Count(_("Open for"), YEAR, _("hours"), initial=HOURS)


class PollKind(ActionKind):
    key = "poll"
    title = _("Poll")
    hint = _("One question, one tap")
    icon = "ballot"
    place = 30
    has_media = True
    form = PollForm

    def summary(self, content: Content) -> str:
        return Truncator(words(content, "question")).chars(60)

    def media(self, content: Content) -> Pieces:
        return tuple((one.picture,) for one in _options(content) if one.picture)

    def action(self, content: Content) -> Poll:
        choices = (
            PollChoice(one.text, resource(content, one.picture) if one.picture else "")
            for one in _options(content)
        )
        return Poll(content["question"], tuple(choices), content["expires_in_hours"])

    def card(self, content: Content) -> Card:
        hours = hours_words(whole(content, "expires_in_hours", HOURS))
        return Card(
            _("Poll"),
            title=words(content, "question"),
            options=_options(content),
            facts=(format_lazy(_("Open for {time}"), time=hours),),
        )


def _options(content: Content) -> tuple[Option, ...]:
    found = rows(content, "choices")
    return tuple(
        Option(words(row, "title"), picture if isinstance(picture := row.get("picture"), int) else 0)
        for row in found
    )


KIND = PollKind()

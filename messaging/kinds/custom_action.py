"""A custom action: an instance of an action package, with its properties and questions (contract 9)."""

from django.core.exceptions import ValidationError
from django.utils.text import Truncator, format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import CustomAction

from .base import ActionKind, Content, ContentForm, Pieces
from .parts import properties, questions
from .parts.card import Card
from .parts.fields import SHORT, YEAR, Count, Words, hours_words
from .parts.properties import Properties
from .parts.questions import Questions
from .parts.reading import whole, words

HOURS = 24
MOST_ID = 200  # characters: ours


class CustomActionForm(ContentForm):
    package_id = Words(
        _("Action package ID"), MOST_ID, empty=_("Give the ID of the action package."), fixed=True
    )
    headline = Words(_("Title"), SHORT, required=False)
    properties = Properties()
    questions = Questions(required=False)
    validity = Count(_("Valid for"), YEAR, _("hours"), initial=HOURS)

    def clean_package_id(self) -> str:
        found: str = self.cleaned_data["package_id"]
        if any(letter.isspace() for letter in found):
            raise ValidationError(gettext("An action package ID has no spaces in it."), code="spaces")
        return found


class CustomActionKind(ActionKind):
    key = "custom_action"
    title = _("Custom action")
    hint = _("From an action package")
    icon = "extension"
    place = 60
    has_media = True
    form = CustomActionForm

    def summary(self, content: Content) -> str:
        return Truncator(words(content, "headline") or words(content, "package_id")).chars(60)

    def media(self, content: Content) -> Pieces:
        return properties.media(content)

    def action(self, content: Content) -> CustomAction:
        return CustomAction(
            content["package_id"],
            title=content["headline"],
            validity=content["validity"],
            questions=questions.payload(content),
            properties=properties.payload(content),
        )

    def card(self, content: Content) -> Card:
        hours = hours_words(whole(content, "validity", HOURS))
        return Card(
            _("Action"),
            title=words(content, "headline") or words(content, "package_id"),
            questions=questions.asked(content),
            facts=(format_lazy(_("Valid for {time}"), time=hours),),
        )


KIND = CustomActionKind()

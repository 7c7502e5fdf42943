"""A text: 1 to 4,000 characters (contract 7), to groups or to subscribers."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import MAX_MESSAGE, KaizalaClient, Sent

from .base import Content, ContentForm, Kind
from .parts.fields import least_length


def clean_message(text: str) -> str:
    """The text as it is counted and sent: line ends are one character, none at the ends.

    Raises ValidationError in the user's words. Counted in code points, as the client counts.
    """
    message = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not message:
        raise ValidationError(gettext("Write a message: it cannot be empty."), code="required")
    if any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in message):
        raise ValidationError(gettext("The message holds a broken character. Write it again."), code="broken")
    if (length := least_length(message)) > MAX_MESSAGE:
        words = gettext("The message has %(count)s characters; at most %(most)s are allowed. Shorten it.")
        raise ValidationError(words % {"count": f"{length:,}", "most": f"{MAX_MESSAGE:,}"}, code="long")
    return message


class TextForm(ContentForm):
    message = forms.CharField(
        label=_("Message"),
        required=False,  # clean_message says it in better words
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 9, "dir": "auto", "class": "msg-input", "aria-describedby": "message-error"}
        ),
    )

    def clean_message(self) -> str:
        return clean_message(self.cleaned_data["message"] or "")


class TextKind(Kind):
    key = "text"
    title = _("Text")
    hint = _("Words alone")
    icon = "chat"
    place = 1
    form = TextForm
    fields_template = "messaging/kinds/text_fields.html"
    preview_template = "messaging/kinds/card_preview.html"

    def summary(self, content: Content) -> str:
        return Truncator(" ".join(str(content.get("message", "")).split())).chars(60)

    def send_to_group(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        return client.send_message(group_id, _message(content))

    def send_to_people(
        self, client: KaizalaClient, group_id: str, content: Content, numbers: Sequence[str]
    ) -> Sent:
        return client.send_message_to_subscribers(group_id, _message(content), mobile_numbers=numbers)

    def send_to_all(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        return client.send_message_to_subscribers(group_id, _message(content), send_to_all=True)


def _message(content: Content) -> str:
    message: Any = content.get("message", "")
    return str(message)


KIND = TextKind()

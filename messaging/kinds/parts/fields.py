"""Fields of the kinds' forms. Each names the template that draws it (`part`)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import MAX_MESSAGE
from messaging.personal import text as personal

Text = str | Promise
SHORT = 500  # characters of a title, a question, an option: ours, Kaizala names no limit
LONG = MAX_MESSAGE  # characters of every longer text: Kaizala's limit for a message (contract 7)
YEAR = 24 * 365  # hours: ours
EMPTY = _("Write something here: it cannot be empty.")


def clean_words(text: str, most: int, empty: Text = EMPTY, *, fixed: bool = False) -> str:
    """The text as it is counted and sent: line ends are one character, none at the ends.

    It may hold placeholders, unless it is `fixed`: then braces are letters like others.
    Raises ValidationError in the user's words. Counted in code points, as the client counts.
    """
    found = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not found and empty:
        raise ValidationError(str(empty), code="required")
    if any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in found):
        raise ValidationError(gettext("This holds a broken character. Write it again."), code="broken")
    if (length := len(found) if fixed else least_length(found)) > most:
        said = gettext("This has %(count)s characters; at most %(most)s are allowed. Shorten it.")
        raise ValidationError(said % {"count": f"{length:,}", "most": f"{most:,}"}, code="long")
    return found


def least_length(text: str) -> int:
    """Characters beside the placeholders. Raises ValidationError for wrong braces."""
    try:
        parts = personal.parse(text)
    except personal.BadText as error:
        raise ValidationError(str(error), code="braces") from None
    return sum(len(part) for part in parts if isinstance(part, str))


class Words(forms.CharField):
    """A text of at most `most` characters, in one line or in `rows` lines; `fixed`: without placeholders."""

    part = "messaging/kinds/parts/words.html"

    def __init__(
        self, label: Any, most: int, rows: int = 1, empty: Text = EMPTY, fixed: bool = False, **more: Any
    ) -> None:
        attrs: dict[str, Any] = {"dir": "auto", "class": "msg-input", "autocomplete": "off"}
        widget = forms.Textarea({**attrs, "rows": rows}) if rows > 1 else forms.TextInput(attrs)
        super().__init__(label=label, widget=widget, strip=False, **more)
        self.most, self.empty, self.fixed = most, empty, fixed

    def clean(self, value: Any) -> str:
        empty = self.empty if self.required else ""
        found = clean_words(str(value or ""), self.most, empty, fixed=self.fixed)
        return found if isinstance(self.widget, forms.Textarea) else " ".join(found.split("\n"))


class Count(forms.IntegerField):
    """A whole number from 1 to `most`, counted in `unit`."""

    part = "messaging/kinds/parts/count.html"

    def __init__(self, label: Any, most: int, unit: Text, **more: Any) -> None:
        attrs = {"class": "msg-input", "inputmode": "numeric"}
        said = format_lazy(_("Give a whole number from 1 to {most}."), most=f"{most:,}")
        super().__init__(
            label=label,
            min_value=1,
            max_value=most,
            widget=forms.NumberInput(attrs),
            error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), said),
            **more,
        )
        self.most, self.unit = most, unit


class Switch(forms.BooleanField):
    """Yes or no."""

    part = "messaging/kinds/parts/switch.html"

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label=label, required=False, **more)


class Pick(forms.ChoiceField):
    """One of a few."""

    part = "messaging/kinds/parts/pick.html"

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label=label, widget=forms.Select({"class": "msg-input"}), **more)


class Degrees(forms.FloatField):
    """A coordinate between -`most` and `most` degrees."""

    part = "messaging/kinds/parts/words.html"

    def __init__(self, label: Any, most: int, **more: Any) -> None:
        said = format_lazy(_("Give degrees from -{most} to {most}, like 12.97."), most=most)
        super().__init__(
            label=label,
            required=False,
            min_value=-most,
            max_value=most,
            widget=forms.TextInput(
                {"class": "msg-input", "inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
            ),
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), said),
            **more,
        )


def hours_words(hours: int) -> str:
    """ "3 days", "36 hours": as people say it."""
    if hours % 24:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": f"{hours:,}"}
    return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": f"{hours // 24:,}"}

"""A form made from an action's questions. What it cleans is what `Response.answers` holds."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import values
from surveys.models import Question

INPUT = {"class": "ans-input"}


class PlaceField(forms.CharField):
    """ "latitude, longitude", with a name after them if wanted."""

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return None
        parts = [part.strip() for part in text.split(",", 2)]
        raw = {"lt": parts[0], "lg": parts[1] if len(parts) > 1 else "", "n": "".join(parts[2:])}
        found = values.clean(values.LOCATION, raw)
        if "lt" not in found:
            raise forms.ValidationError(
                _("Give latitude and longitude in degrees, like 18.52, 73.86."), code="invalid"
            )
        return found


MOST_FILES = 10


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Cleans to a list of uploaded files, empty for none."""

    def __init__(self, most: int, **more: Any) -> None:
        attrs = {**INPUT, **({"multiple": True} if most > 1 else {})}
        super().__init__(widget=SeveralFiles(attrs=attrs), **more)
        self.most = most

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if len(given) > self.most:
            raise forms.ValidationError(_("Send at most %(n)s files.") % {"n": self.most}, code="many")
        return [super(FilesField, self).clean(one, initial) for one in given]


class AnswerForm(forms.Form):
    """One field a question. Hidden questions, and files unless there are new ones, stay as in `before`."""

    token = forms.CharField(max_length=36, widget=forms.HiddenInput)

    def __init__(
        self, questions: Sequence[Question], *args: Any, before: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"token": str(uuid4()), **_initial(questions, before or {})})
        super().__init__(*args, **kwargs)
        self.before = before or {}
        shown = [one for one in questions if not one.is_hidden]
        self.asked = [one for one in shown if one.type not in values.FILE_TYPES]
        self.for_files = [one for one in shown if one.type in values.FILE_TYPES]
        for one in shown:
            self.fields[one.key] = _field(one)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.answers() and not self.uploads():
            raise forms.ValidationError(_("Answer at least one question."), code="required")
        return cleaned

    def answers(self) -> dict[str, Any]:
        """{"q0": value}: what was typed, over what is left as it was."""
        typed_here = {one.key for one in self.asked}
        kept = {key: value for key, value in self.before.items() if key not in typed_here}
        typed = {one.key: _value(one, self.cleaned_data.get(one.key)) for one in self.asked}
        return {**kept, **{key: value for key, value in typed.items() if value is not None}}

    def uploads(self) -> dict[str, list[Any]]:
        """{"q6": [an uploaded file]}: for questions that were given any."""
        return {one.key: files for one in self.for_files if (files := self.cleaned_data.get(one.key))}


def _value(question: Question, cleaned: Any) -> Any:
    if question.type in values.DATES and cleaned is not None:
        return values.clean(question.type, cleaned.isoformat())
    return values.clean(question.type, cleaned)


def _initial(questions: Sequence[Question], before: dict[str, Any]) -> dict[str, Any]:
    typed = [one for one in questions if one.key in before and one.type not in values.FILE_TYPES]
    return {one.key: _as_typed(one, before[one.key]) for one in typed}


def _as_typed(question: Question, value: Any) -> Any:
    if isinstance(value, dict) and "lt" in value:
        parts = [f"{value['lt']:g}", f"{value['lg']:g}", value.get("n", "")]
        return ", ".join(part for part in parts if part)
    if question.type in values.DATES and isinstance(value, str):
        found = parse_datetime(value)
        return timezone.localtime(found) if found else None
    return values.shown(value) if isinstance(value, dict) else value


def _field(question: Question) -> forms.Field:
    same: dict[str, Any] = {"label": question.title or question.action.title, "required": False}
    choices = [(title, title) for title in question.options]
    match question.type:
        case values.SINGLE:
            return forms.ChoiceField(
                choices=[("", _("No answer")), *choices], widget=forms.Select(attrs=INPUT), **same
            )
        case values.MULTI:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **same)
        case values.NUMERIC:
            widget = forms.NumberInput(attrs={**INPUT, "step": "any"})
            return forms.FloatField(widget=widget, **same)
        case values.DATE | values.DATE_TIME:
            when = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={**INPUT, "type": "datetime-local"})
            return forms.DateTimeField(widget=when, **same)
        case values.LOCATION:
            hint = gettext_lazy("Latitude and longitude in degrees, like 18.52, 73.86.")
            return PlaceField(widget=forms.TextInput(attrs=INPUT), help_text=hint, **same)
        case values.IMAGE | values.FILES:
            most = 1 if question.type == values.IMAGE else MOST_FILES
            hint = gettext_lazy("It goes into the media library, and from there to Kaizala.")
            return FilesField(most, help_text=hint, **same)
    area = forms.Textarea(attrs={**INPUT, "rows": 2, "dir": "auto"})
    return forms.CharField(widget=area, max_length=values.LONGEST_TEXT, **same)

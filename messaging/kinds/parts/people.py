"""The people whom a job is for: their numbers, one a line, pasted or picked from the mirror."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext

from groups.reading.numbers import Problem
from messaging import lines

MOST_PEOPLE = 1000  # ours: Kaizala names no limit
SHOWN = 3


class People(forms.CharField):
    """A list of E.164 numbers, each once. `region`: where numbers without a country code belong."""

    part = "messaging/kinds/parts/people.html"

    def __init__(self, label: Any, **more: Any) -> None:
        attrs = {"class": "msg-input", "rows": 4, "dir": "ltr", "autocomplete": "off"}
        super().__init__(label=label, strip=False, widget=forms.Textarea(attrs), **more)
        self.region = ""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        text = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
        found = lines.from_text(text, self.region) if len(text) < 200_000 else []
        if not found:
            raise ValidationError(gettext("Name at least one person by phone number."), code="required")
        wrong = [one for one in found if one.problem not in ("", Problem.DUPLICATE)]
        if wrong:
            raise ValidationError([*map(_said, wrong[:SHOWN]), *_more(len(wrong) - SHOWN)])
        numbers = [one.mobile_number for one in found if not one.problem]
        if len(numbers) > MOST_PEOPLE:
            said = gettext("There are %(count)s people; at most %(most)s are allowed. Take some out.")
            raise ValidationError(
                said % {"count": f"{len(numbers):,}", "most": f"{MOST_PEOPLE:,}"}, code="many"
            )
        return numbers


def _said(line: lines.Line) -> str:
    said = {"line": line.line, "given": line.given[:40], "why": Problem(line.problem).label}
    return gettext("Line %(line)s, “%(given)s”: %(why)s") % said


def _more(count: int) -> list[str]:
    if count <= 0:
        return []
    return [ngettext("%(n)s more line is wrong.", "%(n)s more lines are wrong.", count) % {"n": f"{count:,}"}]

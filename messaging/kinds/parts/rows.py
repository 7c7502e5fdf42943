"""A field that holds a list which a builder makes: questions, choices, properties. It travels as JSON."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext

Row = dict[str, Any]
MOST_JSON = 2_000_000  # characters: more is no form of ours


class Problems(Exception):
    """What is wrong in one row: words by the name of the part, like {"title": …} or {"options.2": …}."""

    def __init__(self, said: dict[str, str]) -> None:
        super().__init__(" ".join(said.values()))
        self.said = said


class RowsWidget(forms.HiddenInput):
    """The JSON in a hidden field; the builder in static/messaging/builder.js draws it."""

    def format_value(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value or [], ensure_ascii=False)


class Rows(forms.Field):
    """A list of rows, each cleaned by `clean_row`. `problems` holds what is wrong: (row, part, words)."""

    part = "messaging/kinds/parts/builder.html"
    widget = RowsWidget
    builder: str  # which builder draws it
    noun: str | Promise  # "Question %(n)s"

    def __init__(self, label: Any, most: int, empty: str | Promise, **more: Any) -> None:
        super().__init__(label=label, **more)
        self.most, self.empty = most, empty
        self.problems: list[tuple[int, str, str]] = []

    @property
    def problems_json(self) -> str:
        return json.dumps(self.problems, ensure_ascii=False)

    def clean_row(self, row: Row) -> Row:
        """The row as it is stored. Raises Problems."""
        raise NotImplementedError

    def clean(self, value: Any) -> list[Row]:
        self.problems = []
        rows = self._read(value)
        if not rows and self.required:
            raise ValidationError(str(self.empty), code="required")
        if len(rows) > self.most:
            said = gettext("There are %(count)s; at most %(most)s are allowed. Take some out.")
            raise ValidationError(said % {"count": f"{len(rows):,}", "most": f"{self.most:,}"}, code="many")
        cleaned = [self._clean(at, row) for at, row in enumerate(rows)]
        if self.problems:
            raise ValidationError([self._said(*problem) for problem in self.problems])
        self.clean_all(cleaned)
        return cleaned

    def clean_all(self, rows: list[Row]) -> None:
        """What only all rows together can get wrong. Raises ValidationError."""

    def _read(self, value: Any) -> list[Row]:
        if isinstance(value, str):
            try:
                value = json.loads(value or "[]") if len(value) <= MOST_JSON else None
            except (ValueError, RecursionError):
                value = None
        if value is None:
            value = [] if not self.required else None
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise ValidationError(gettext("This form is not complete. Open the page again."), code="broken")
        return value

    def _clean(self, at: int, row: Row) -> Row:
        try:
            return self.clean_row(row)
        except Problems as wrong:
            self.problems += [(at, part, said) for part, said in wrong.said.items()]
            return row

    def _said(self, at: int, part: str, said: str) -> str:
        return f"{str(self.noun) % {'n': at + 1}}: {said}"


def collect(said: dict[str, str], part: str, clean: Callable[[], Any]) -> Any:
    """The cleaned value, or None with the words under `part`."""
    try:
        return clean()
    except ValidationError as error:
        said[part] = " ".join(error.messages)
        return None

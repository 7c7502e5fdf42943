"""Choices of a poll: rows {title, picture}, in the same builder as questions."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging.media import looking

from .fields import SHORT, clean_words
from .reading import words
from .rows import Problems, Row, Rows, collect

MOST_KEY = 2**63  # a database's largest
LEAST_CHOICES, MOST_CHOICES = 2, 100  # ours: Kaizala asks for one, a person for two


class Choices(Rows):
    """Rows {title, picture}; `picture` is a picture of the media library, 0 for none."""

    builder = "choices"
    noun = _("Choice %(n)s")

    def __init__(self, **more: Any) -> None:
        super().__init__(label=_("Choices"), most=MOST_CHOICES, empty=_("Add at least two choices."), **more)

    def clean_row(self, row: Row) -> Row:
        said: dict[str, str] = {}
        title = collect(
            said, "title", lambda: clean_words(words(row, "title"), SHORT, _("Write this choice."))
        )
        picture = row.get("picture") or 0
        if type(picture) is not int or not 0 <= picture < MOST_KEY:
            said["picture"] = gettext("Choose the picture again.")
        if said:
            raise Problems(said)
        return {"title": title, "picture": picture}

    def clean_all(self, cleaned: list[Row]) -> None:
        if len(cleaned) < LEAST_CHOICES:
            raise ValidationError(gettext("Add at least two choices."), code="few")
        self.problems += _repeated(cleaned) + _without_picture(cleaned)
        if self.problems:
            raise ValidationError([self._said(*problem) for problem in self.problems])


def _repeated(cleaned: list[Row]) -> list[tuple[int, str, str]]:
    titles = [row["title"] for row in cleaned]
    said = gettext("This choice stands there twice.")
    return [(at, "title", said) for at, title in enumerate(titles) if title in titles[:at]]


def _without_picture(cleaned: list[Row]) -> list[tuple[int, str, str]]:
    """Pictures that are none, or are not in the library any more. One query."""
    there = looking.kinds_of([row["picture"] for row in cleaned if row["picture"]])
    return [
        (at, "picture", looking.wrong(there.get(row["picture"]), ["image"]))
        for at, row in enumerate(cleaned)
        if row["picture"] and there.get(row["picture"]) != "image"
    ]

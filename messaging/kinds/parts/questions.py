"""Questions of surveys and custom actions, as the question builder makes them (contract 9)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.kaizala import Question

from .card import Asked
from .fields import SHORT, clean_words
from .reading import Content, rows, texts, words
from .rows import Problems, Row, Rows, collect

MOST_QUESTIONS, MOST_OPTIONS = 100, 100  # ours: Kaizala names no limit
CHOOSING = ("SingleOption", "MultiOption")
TYPES: dict[str, str | Promise] = {
    "SingleOption": _("One of several"),
    "MultiOption": _("Several of several"),
    "Text": _("Text"),
    "Numeric": _("Number"),
    "Date": _("Date"),
    "DateTime": _("Date and time"),
    "Location": _("Place"),
    "Image": _("Picture"),
    "AttachmentList": _("Files"),
}


class Questions(Rows):
    """Rows {title, type, options, hidden}."""

    builder = "questions"
    noun = _("Question %(n)s")

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label=_("Questions"), most=MOST_QUESTIONS, empty=_("Ask at least one question."), **more
        )

    @property
    def types(self) -> list[tuple[str, str | Promise]]:
        return list(TYPES.items())

    def clean_row(self, row: Row) -> Row:
        said: dict[str, str] = {}
        title = collect(
            said, "title", lambda: clean_words(words(row, "title"), SHORT, _("Write the question."))
        )
        kind = row.get("type")
        if kind not in TYPES:
            said["type"] = gettext("Choose what kind of answer it wants.")
        options = _options(row, said) if kind in CHOOSING else []
        if said:
            raise Problems(said)
        return {"title": title, "type": kind, "options": options, "hidden": row.get("hidden") is True}

    def clean_all(self, cleaned: list[Row]) -> None:
        if cleaned and all(row["hidden"] for row in cleaned):
            raise ValidationError(gettext("Every question is hidden. Show at least one."), code="hidden")


def _options(row: Row, said: dict[str, str]) -> list[str]:
    given = row.get("options")
    options = [one if isinstance(one, str) else "" for one in given] if isinstance(given, list) else []
    if not options:
        said["options"] = gettext("Add at least one option to choose from.")
    elif len(options) > MOST_OPTIONS:
        said["options"] = gettext("At most %(most)s options are allowed.") % {"most": MOST_OPTIONS}
    return clean_options(options, said, "options")


def clean_options(options: list[str], said: dict[str, str], part: str) -> list[str]:
    """Each option cleaned; no two the same: an answer names its option by its words (contract 11)."""
    cleaned: list[str] = []
    for at, option in enumerate(options):
        text = collect(said, f"{part}.{at}", lambda: clean_words(option, SHORT, _("Write this option.")))  # noqa: B023
        if text is not None and text in cleaned:
            said[f"{part}.{at}"] = gettext("This option stands there twice.")
        cleaned.append(text or "")
    return cleaned


def payload(content: Content) -> tuple[Question, ...]:
    """The questions as they are sent."""
    return tuple(
        Question(row["title"], row["type"], tuple(row["options"]), row["hidden"])
        for row in rows(content, "questions")
    )


def asked(content: Content) -> tuple[Asked, ...]:
    """The questions as a phone shows them: hidden ones are not there."""
    return tuple(
        Asked(
            words(row, "title"),
            TYPES.get(words(row, "type"), ""),
            texts(row.get("options")) if row.get("type") in CHOOSING else (),
        )
        for row in rows(content, "questions")
        if row.get("hidden") is not True
    )

"""The texts of a content that may hold placeholders, of any kind; and the content as one person gets it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kaizala_admin.kaizala import MAX_MESSAGE
from messaging.kinds.base import Content, Kind
from messaging.kinds.parts.fields import LONG, SHORT, Words
from messaging.kinds.parts.properties import WORDY
from messaging.kinds.parts.reading import rows
from messaging.kinds.parts.rows import Rows

from . import text
from .text import BadText, Field, Lacking, Template

Change = Callable[[str], str]


@dataclass(frozen=True)
class Said:
    """One text: the form's field that it stands in, its limit, and whether it may be empty.

    Texts of one `family` have to differ: an answer names its option by its words (contract 11).
    """

    field: str
    text: str
    most: int
    required: bool = True
    family: str = ""


def texts(kind: Kind, content: Content) -> Iterator[Said]:
    """Every text that may hold a placeholder. Takes unfinished content too."""
    for name, field in kind.form.base_fields.items():
        value = content.get(name)
        if isinstance(field, Rows):
            yield from _of_rows(name, field.builder, rows(content, name))
        elif isinstance(value, str) and _wordy(kind, name, field):
            yield Said(name, value, getattr(field, "most", MAX_MESSAGE), _required(kind, field))


def _wordy(kind: Kind, name: str, field: Any) -> bool:
    return (isinstance(field, Words) and not field.fixed) or (kind.key, name) == ("text", "message")


def _required(kind: Kind, field: Any) -> bool:
    return bool(field.required) or kind.key == "text"


def _of_rows(name: str, builder: str, found: list[dict[str, Any]]) -> Iterator[Said]:
    for at, row in enumerate(found):
        if builder == "properties":
            if row.get("type") in WORDY and isinstance(row.get("value"), str):
                yield Said(name, row["value"], LONG)
            continue
        if isinstance(row.get("title"), str):
            yield Said(name, row["title"], SHORT, family=name if builder == "choices" else "")
        for option in row.get("options") or ():
            if isinstance(option, str):
                yield Said(name, option, SHORT, family=f"{name}.{at}")


def fields(kind: Kind, content: Content) -> dict[str, Field]:
    """Its placeholders by key; of several with one key, one without a fallback. Raises BadText."""
    found: dict[str, Field] = {}
    for said in texts(kind, content):
        if "{" in said.text or "}" in said.text:
            for field in text.fields(text.parse(said.text)):
                if field.key not in found or field.fallback is None:
                    found[field.key] = field
    return found


def known_fields(kind: Kind, content: Content) -> dict[str, Field]:
    """The same of what may be unfinished: a text that cannot be read has none."""
    found: dict[str, Field] = {}
    for said in texts(kind, content):
        try:
            found.update({field.key: field for field in text.fields(text.parse(said.text))})
        except BadText:
            continue
    return found


def is_personal(kind: Kind | None, content: Content) -> bool:
    """Whether any text names a field, so that it is not the same for everybody."""
    return kind is not None and bool(known_fields(kind, content))


def own(kind: Kind, content: Content, values: Mapping[str, str]) -> dict[str, Any]:
    """The parts of the content that are this person's own, filled. Raises Lacking or BadText."""

    def fill(words: str) -> str:
        return text.render(text.parse(words), values).strip()

    changed = _changed(kind, content, fill)
    personal = {said.field for said in texts(kind, content) if any(text.fields(text.parse(said.text)))}
    return {name: value for name, value in changed.items() if name in personal}


def plain(kind: Kind, content: Content) -> dict[str, Any]:
    """The content with its doubled braces as they are meant; a text with placeholders stays as it is."""
    return {**content, **_changed(kind, content, _unescaped)}


def shown(kind: Kind, content: Content, values: Mapping[str, str]) -> dict[str, Any]:
    """The content for a preview, finished or not: what can be filled is filled, the rest stays as written."""

    def fill(words: str) -> str:
        try:
            parts = text.parse(words)
        except BadText:
            return words
        return "".join(part if isinstance(part, str) else _or_name(part, values) for part in parts)

    return {**content, **_changed(kind, content, fill)}


def _or_name(field: Field, values: Mapping[str, str]) -> str:
    try:
        return text.render((field,), values)
    except Lacking:
        return f"{{{field.name}}}"


def _unescaped(words: str) -> str:
    if "{" not in words and "}" not in words:
        return words
    try:
        parts: Template = text.parse(words)
    except BadText:  # written before texts had placeholders
        return words
    return words if any(text.fields(parts)) else text.render(parts, {})


def _changed(kind: Kind, content: Content, change: Change) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in kind.form.base_fields.items():
        value = content.get(name)
        if isinstance(field, Rows):
            if given := rows(content, name):
                found[name] = [_changed_row(field.builder, row, change) for row in given]
        elif isinstance(value, str) and _wordy(kind, name, field):
            found[name] = change(value)
    return found


def _changed_row(builder: str, row: dict[str, Any], change: Change) -> dict[str, Any]:
    if builder == "properties":
        wordy = row.get("type") in WORDY and isinstance(row.get("value"), str)
        return {**row, "value": change(row["value"])} if wordy else row
    changed = dict(row)
    if isinstance(row.get("title"), str):
        changed["title"] = change(row["title"])
    if isinstance(row.get("options"), list):
        changed["options"] = [change(one) if isinstance(one, str) else one for one in row["options"]]
    return changed

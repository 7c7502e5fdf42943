"""Placeholders in a text: `{name}`, `{name|there}`, and `{{` and `}}` for braces themselves. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from django.utils.translation import gettext as _

MOST_NAME = 100  # characters between the braces
_JOINS = str.maketrans("_-", "  ")


class BadText(Exception):
    """The text cannot be read; `at` counts characters from 1, the words say what to do."""

    def __init__(self, words: str, at: int) -> None:
        super().__init__(words % {"at": f"{at:,}"})
        self.at = at


class Lacking(Exception):
    """There is no value for `name`, and no fallback."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Field:
    """One placeholder. `name` is as written, `key` as it is looked up; without a fallback it is None."""

    name: str
    key: str
    fallback: str | None = None


Part = str | Field
Template = tuple[Part, ...]


def key_of(name: str) -> str:
    """The form in which names are compared: "First Name", "first_name" and " FIRST-NAME " are one."""
    return "_".join(normalize("NFKC", name).casefold().translate(_JOINS).split())


@lru_cache(maxsize=512)
def parse(text: str) -> Template:
    """The text in its parts. Raises BadText in the user's words."""
    return tuple(_parts(text))


def fields(template: Template) -> Iterator[Field]:
    """Its placeholders, in their order."""
    return (part for part in template if isinstance(part, Field))


def render(template: Template, values: Mapping[str, str]) -> str:
    """The text for one person, whose values are by key; a blank one counts as none. Raises Lacking."""
    return "".join(part if isinstance(part, str) else _filled(part, values) for part in template)


def written(text: str) -> str:
    """A text that says exactly this: its braces doubled."""
    return text.replace("{", "{{").replace("}", "}}")


def _filled(field: Field, values: Mapping[str, str]) -> str:
    value = values.get(field.key) or field.fallback
    if value is None:
        raise Lacking(field.name)
    return value


def _parts(text: str) -> Iterator[Part]:
    plain, at = "", 0
    while at < len(text):
        letter = text[at]
        if letter in "{}" and text[at + 1 : at + 2] == letter:
            plain, at = plain + letter, at + 2
        elif letter == "{":
            if plain:
                yield plain
            field, at = _field(text, at)
            plain = ""
            yield field
        elif letter == "}":
            raise BadText(_("The } at character %(at)s closes nothing. For a brace itself write }}."), at + 1)
        else:
            end = _next_brace(text, at)
            plain, at = plain + text[at:end], end
    if plain:
        yield plain


def _next_brace(text: str, at: int) -> int:
    return min((found for brace in "{}" if (found := text.find(brace, at)) >= 0), default=len(text))


def _field(text: str, start: int) -> tuple[Field, int]:
    """The placeholder that opens at `start`, and where the text goes on behind it."""
    ends = [found for letter in "|{}" if (found := text.find(letter, start + 1)) >= 0]
    if not ends or text[min(ends)] == "{":
        raise _not_closed(start)
    end = min(ends)
    name = " ".join(text[start + 1 : end].split())
    if not key_of(name):
        raise BadText(
            _("At character %(at)s there is no name between the braces. Write it like {name}."), start + 1
        )
    if len(name) > MOST_NAME:
        raise BadText(_("The name between the braces at character %(at)s is too long."), start + 1)
    if text[end] == "}":
        return Field(name, key_of(name)), end + 1
    fallback, end = _fallback(text, start, end + 1)
    return Field(name, key_of(name), fallback), end


def _fallback(text: str, start: int, at: int) -> tuple[str, int]:
    found = ""
    while at < len(text):
        letter = text[at]
        if letter in "{}" and text[at + 1 : at + 2] == letter:
            found, at = found + letter, at + 2
        elif letter == "}":
            return found, at + 1
        elif letter == "{":
            break
        else:
            end = _next_brace(text, at)
            found, at = found + text[at:end], end
    raise _not_closed(start)


def _not_closed(start: int) -> BadText:
    return BadText(
        _("The { at character %(at)s is not closed. Close it with }, or write {{ for a brace itself."),
        start + 1,
    )

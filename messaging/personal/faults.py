"""Whose text cannot be sent as it is: a value is missing, or it comes out empty, too long, or twice."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from messaging.kinds.base import Content, Kind

from . import content as contents
from . import text
from .text import Lacking, Template
from .values import Person

SHOWN = 20


@dataclass(frozen=True)
class Fault:
    """What is wrong for one person, in words."""

    person: Person
    why: str


@dataclass
class Report:
    """`count` people have a fault; the first SHOWN are here."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, person: Person, why: str) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(Fault(person, why))


class Judge:
    """Looks at one person after another; reads the texts once."""

    def __init__(self, kind: Kind, content: Content) -> None:
        said = list(contents.texts(kind, content))
        read = [(one, text.parse(one.text)) for one in said]
        families = {one.family for one, parts in read if one.family and any(text.fields(parts))}
        self._said = [
            (one, parts) for one, parts in read if any(text.fields(parts)) or one.family in families
        ]
        self.with_role = any(f.key == "role" for _one, parts in read for f in text.fields(parts))

    def fault(self, person: Person) -> str:
        """ "" when everything is right."""
        values, families = person.values(), defaultdict[str, set[str]](set)
        for one, parts in self._said:
            try:
                filled = text.render(parts, values).strip()
            except Lacking as lacking:
                return _("No value for {%(name)s}") % {"name": lacking.name}
            if why := _wrong(one, parts, filled, families):
                return why
        return ""


def _wrong(one: contents.Said, parts: Template, filled: str, families: dict[str, set[str]]) -> str:
    if not filled and one.required:
        return _("The text would be empty")
    if len(filled) > one.most:
        said = {"n": f"{len(filled):,}", "most": f"{one.most:,}"}
        return _("%(n)s characters; at most %(most)s are allowed") % said
    if one.family:
        if filled in families[one.family]:
            return _("Two choices would be the same")
        families[one.family].add(filled)
    return ""

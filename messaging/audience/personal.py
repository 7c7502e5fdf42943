"""The people of a snapshot one by one, with their values; and whose text could not be sent."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import Group
from messaging import kinds
from messaging.kinds import Content
from messaging.personal import people, values
from messaging.personal.content import fields, known_fields, texts
from messaging.personal.faults import Fault, Judge, Report
from messaging.personal.text import BadText, parse
from messaging.personal.text import fields as text_fields
from messaging.personal.values import Person

from .expression import Include

if TYPE_CHECKING:
    from .snapshot import Snapshot

index = people.index
WHOLE = (
    "A message to a whole group is the same for everybody in it, so it cannot hold {%(name)s}. "
    "Send it to all subscribers or to chosen people, or take the placeholder out."
)


def pages(snapshot: "Snapshot", group: Group, before: int = 0) -> Iterator[list[Person]]:
    """Everybody who is called through this group, in the order of the calls."""
    scope = snapshot.scope
    named = known_fields(kinds.get(scope.broadcast.kind), scope.broadcast.content)
    count, first = snapshot.kept.get(group.pk, 0), snapshot.first.get(group.pk, 0)
    role = "role" in named
    yield from people.pages(scope.broadcast.pk, group, first, count, with_role=role, before=before)


def everybody(snapshot: "Snapshot") -> Iterator[Person]:
    """All of them, numbered from 1."""
    before = 0
    for group in snapshot.scope.carriers:
        for page in pages(snapshot, group, before):
            yield from page
        before += snapshot.kept.get(group.pk, 0)


def one(snapshot: "Snapshot", at: int) -> Person | None:
    """Number `at`, from 1; None where there are not so many."""
    before = 0
    for group in snapshot.scope.carriers:
        kept = snapshot.kept.get(group.pk, 0)
        if before < at <= before + kept:
            first = snapshot.first[group.pk] + at - before - 1
            pk = snapshot.scope.broadcast.pk
            found = [*people.pages(pk, group, first, 1, with_role=True, before=at - 1)]
            return found[0][0] if found and found[0] else None
        before += kept
    return None


def faults(snapshot: "Snapshot") -> Iterator[Fault]:
    """Everybody whose text could not be sent, and why. Raises BadText."""
    judge = Judge(kinds.get(snapshot.scope.broadcast.kind), snapshot.scope.broadcast.content)
    for person in everybody(snapshot):
        if why := judge.fault(person):
            yield Fault(person, why)


def readable_faults(snapshot: "Snapshot") -> Iterator[Fault]:
    """The same; nobody while the text itself is wrong."""
    broadcast = snapshot.scope.broadcast
    try:
        if strangers(broadcast.kind, broadcast.content, broadcast.columns):
            return
        yield from faults(snapshot)
    except BadText:
        return


def faulty_numbers(snapshot: "Snapshot") -> list[str]:
    """Their numbers."""
    return [fault.person.number for fault in readable_faults(snapshot)]


def checked(snapshot: "Snapshot") -> tuple[list[str], Report]:
    """(blockers, whose text could not be sent). The check says itself what is wrong with the text."""
    scope, report = snapshot.scope, Report()
    broadcast = scope.broadcast
    try:
        named = fields(kinds.get(broadcast.kind), broadcast.content)
    except BadText:
        return [], report
    blockers = [words] if (words := strangers(broadcast.kind, broadcast.content, broadcast.columns)) else []
    if scope.whole:
        blockers.append(_(WHOLE) % {"name": next(iter(named.values())).name})
    if not blockers:
        for fault in faults(snapshot):
            report.add(fault.person, fault.why)
    if report.count:
        words = ngettext(
            "The text cannot be sent to %(n)s person as it is. Look at the list below.",
            "The text cannot be sent to %(n)s people as it is. Look at the list below.",
            report.count,
        )
        blockers.append(words % {"n": f"{report.count:,}"})
    return blockers, report


def places(columns: list[str]) -> list[str]:
    """What a text can name, as people read it: the mirror's fields, then the sheet's columns."""
    return [*map(str, values.MIRROR.values()), *columns]


def complaint(
    kind: kinds.Kind, content: Content, columns: list[str], include: Include
) -> tuple[str, str] | None:
    """(field of the form, words) where a text names what this audience cannot have."""
    named = fields(kind, content)
    if not named:
        return None
    words = strangers(kind.key, dict(content), columns)
    if not words and (set(include.groups) - set(include.one_by_one)):
        words = _(WHOLE) % {"name": next(iter(named.values())).name}
    if not words:
        return None
    return next(one.field for one in texts(kind, content) if any(text_fields(parse(one.text)))), words


def strangers(kind: str, content: dict[str, object], columns: list[str]) -> str:
    """What to say of placeholders that are neither fields nor columns; "" when all are."""
    named = fields(kinds.get(kind), content)
    lost = values.unknown(named, columns)
    if not lost:
        return ""
    there = ", ".join(f"{{{one}}}" for one in places(columns))
    said = {"names": ", ".join(f"{{{named[key].name}}}" for key in lost), "there": there}
    return _("There is nothing to put in for %(names)s. There are: %(there)s.") % said

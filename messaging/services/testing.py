"""A test: the real content of a broadcast to a few phones, as a broadcast of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from messaging import checking, lines, trail
from messaging.audience import Expression, Include
from messaging.models import Broadcast, Priority
from messaging.personal.values import Person

from . import drafts, gate, launching


class CannotTest(Exception):
    """Why nothing was sent, in words."""


def send_test(
    *, broadcast: Broadcast, numbers: Sequence[str], by: Any, person: Person | None = None
) -> Broadcast:
    """Sends it to these phones (E.164, at most gate.MOST_TEST), worded as `person` would get it.

    Each phone is called through a public group that it follows, as Kaizala can name single people nowhere
    else (contract 7); so is the test of a message to whole groups. Raises CannotTest with nothing sent.
    """
    if not by.has_perm(gate.SEND):
        raise CannotTest(_("You may not send."))
    if not 0 < len(set(numbers)) <= gate.MOST_TEST:
        raise CannotTest(_("A test goes to 1 to %(n)s phones.") % {"n": gate.MOST_TEST})
    try:
        with transaction.atomic():
            test = _written(broadcast, numbers, by, person)
            found = checking.check(test)
            if found.blockers or not launching.launch(test, by, found.people):
                raise CannotTest(_why(found))
    except launching.CannotLaunch as error:
        raise CannotTest(_why(error.check)) from None
    test.refresh_from_db()
    return test


def _written(broadcast: Broadcast, numbers: Sequence[str], by: Any, person: Person | None) -> Broadcast:
    columns = person.values() if person else None
    test = drafts.create(
        {
            "tenant": broadcast.tenant,
            "title": (_("Test: %(title)s") % {"title": broadcast.title})[:200],
            "kind": broadcast.kind,
            "content": broadcast.content,
            "audience": Expression(Include(numbers=True), mode="mix").as_json(),
            "priority": Priority.URGENT,
            "columns": broadcast.columns,
            "is_test": True,
            "test_of": broadcast,
        },
        by,
    )
    given = [replace(one, columns=columns) for one in lines.from_numbers(dict.fromkeys(numbers), "")]
    lines.insert(test, ((o.line, o.given, o.mobile_number, o.problem, o.columns) for o in given))
    trail.note(broadcast, by, "test", after=test.title, phones=len(given))
    return test


def _why(found: checking.Check) -> str:
    said = [*found.blockers, *(f"{one.why}." for one in (found.faults.first[:1] if found.faults else []))]
    if found.bad_lines:
        said.append(
            _("A test reaches a phone through a public group that it follows: add the phone to one first.")
        )
    return " ".join(dict.fromkeys(said))

"""What sending would take, and what is wrong: asked before anything is sent, and once more at launch."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups import pace

from . import audience, kinds
from .audience import personal, problems, remarks
from .audience.plan import Calls, Leg, Unavoidable, calls_of
from .models import Broadcast
from .personal.faults import Report


@dataclass
class Check:
    """People are counted after removing duplicates; `dispatch_people` counts a person once a call.

    `calls` is by connector. `seconds` is at today's budgets. A blocker stops the launch, a warning does not.
    `saved_calls` are those that one call to all saves, `could_save` those that it would. `left_out` says how
    many and why; `unavoidable` whom no call to a whole group can leave out.
    """

    people: int = 0
    dispatch_people: int = 0
    group_count: int = 0
    dispatches: int = 0
    calls: dict[int, int] = field(default_factory=dict)
    seconds: int = 0
    blockers: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    bad_lines: int = 0
    needs_many: bool = False
    scope: audience.Scope | None = None
    legs: list[Leg] = field(default_factory=list)
    saved_calls: int = 0
    could_save: int = 0
    left_out: list[tuple[int, str]] = field(default_factory=list)
    unavoidable: list[Unavoidable] = field(default_factory=list)
    faults: Report | None = None  # of a personal text

    @property
    def can_launch(self) -> bool:
        return not self.blockers

    @property
    def sentence(self) -> str:
        """ "4,812 people in 3 groups, 162 calls, about 1 min 40 s"."""
        people = ngettext("%(n)s person", "%(n)s people", self.people) % {"n": f"{self.people:,}"}
        groups = ngettext("%(n)s group", "%(n)s groups", self.group_count) % {"n": f"{self.group_count:,}"}
        calls = ngettext("%(n)s call", "%(n)s calls", self.dispatches) % {"n": f"{self.dispatches:,}"}
        parts = {"people": people, "groups": groups, "calls": calls, "time": pace.in_words(self.seconds)}
        return _("%(people)s in %(groups)s, %(calls)s, %(time)s") % parts


def check(broadcast: Broadcast) -> Check:
    """Reads the mirror only; calls nobody."""
    with audience.taken(broadcast) as snapshot:
        return check_calls(broadcast, calls_of(snapshot))


def check_calls(broadcast: Broadcast, calls: Calls) -> Check:
    """The same for a snapshot that is taken already, so that a launch sends what it has checked."""
    scope = calls.snapshot.scope
    found = Check(
        people=calls.people,
        dispatch_people=calls.copies,
        group_count=len({group.pk for group in scope.groups} | {leg.group.pk for leg in calls.legs}),
        dispatches=calls.count,
        calls=calls.by_connector,
        seconds=pace.seconds(calls.by_connector),
        scope=scope,
        legs=calls.legs,
        saved_calls=calls.saved_calls,
        could_save=calls.could_save,
        left_out=remarks.left_out(calls),
        unavoidable=calls.unavoidable,
    )
    _check_content(broadcast, found)
    found.blockers += problems.of_scope(scope)
    if scope.personal:
        said, found.faults = personal.checked(calls.snapshot)
        found.blockers += said
    _check_people(calls, found)
    found.needs_many = not broadcast.is_test and 0 < broadcast.tenant.many_people < found.people
    return found


def _check_content(broadcast: Broadcast, found: Check) -> None:
    try:
        problem = kinds.get(broadcast.kind).problem(broadcast.content)
    except KeyError:
        problem = _("This kind of broadcast does not exist any more. Write a new one.")
    if problem:
        found.blockers.append(problem)


def _check_people(calls: Calls, found: Check) -> None:
    scope = calls.snapshot.scope
    if scope.expression.include.numbers:
        found.bad_lines, said = remarks.of_lines(scope)
        found.warnings += said
    found.warnings += remarks.of_calls(calls)
    if not found.people and not found.blockers:
        found.blockers.append(_nobody(found))


def _nobody(found: Check) -> str:
    if found.left_out:
        return _("Everybody is left out. Look at whom this draft leaves out.")
    if found.bad_lines:
        return _("None of the numbers can be written to. Look at the lines below.")
    return _("Nobody would get this: no person is known there. Sync the groups first.")

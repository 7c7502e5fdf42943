"""What is worth knowing before sending to an audience, in the user's words; none of it stops a launch."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import AudienceLine, Dispatch

from . import lines, problems
from .plan import Calls
from .scope import Scope
from .sources import Why

SHOWN = 5  # names in a sentence


def of_calls(calls: Calls) -> Iterator[str]:
    """On the plan: nameless people, copies, people who cannot be reached, groups that are stale or lost."""
    snapshot = calls.snapshot
    yield from _nameless(calls)
    if (twice := calls.copies - calls.people) > 0:
        words = ngettext(
            "Who is in several of the groups gets a copy in each of them: %(n)s copy more than people.",
            "Who is in several of the groups gets a copy in each of them: %(n)s copies more than people.",
            twice,
        )
        yield words % {"n": f"{twice:,}"}
    if snapshot.lost:
        words = ngettext(
            "%(n)s person follows no public group that could carry it, and is not reached.",
            "%(n)s people follow no public group that could carry it, and are not reached.",
            snapshot.lost,
        )
        yield words % {"n": f"{snapshot.lost:,}"}
    yield from _groups(snapshot.scope)


def _groups(scope: Scope) -> Iterator[str]:
    if scope.unreachable:
        names = ", ".join(group.name for group in scope.unreachable[:SHOWN])
        words = ngettext(
            "%(n)s group below or beside the chosen ones cannot be reached and is left out: %(names)s.",
            "%(n)s groups below or beside the chosen ones cannot be reached and are left out: %(names)s.",
            len(scope.unreachable),
        )
        more = ", …" if len(scope.unreachable) > SHOWN else ""
        yield words % {"n": f"{len(scope.unreachable):,}", "names": names + more}
    for group in scope.groups:
        if group.synced_at is None and not group.gone_at and not problems.is_unsized(scope, group):
            words = _("“%(group)s” has never been synced completely, so the numbers may be too small.")
            yield words % {"group": group.name}


def _nameless(calls: Calls) -> Iterator[str]:
    in_one_call = {leg.group.pk for leg in calls.legs if leg.mode == Dispatch.Mode.ALL}
    nameless = calls.snapshot.nameless
    if with_it := sum(count for pk, count in nameless.items() if pk in in_one_call):
        words = ngettext(
            "%(n)s subscriber without a known number gets it too, but has no line in the ledger.",
            "%(n)s subscribers without a known number get it too, but have no line in the ledger.",
            with_it,
        )
        yield words % {"n": f"{with_it:,}"}
    if without := sum(count for pk, count in nameless.items() if pk not in in_one_call):
        words = ngettext(
            "%(n)s subscriber has no known number and is left out. One call to all would reach them.",
            "%(n)s subscribers have no known number and are left out. One call to all would reach them.",
            without,
        )
        yield words % {"n": f"{without:,}"}


def of_lines(scope: Scope) -> tuple[int, list[str]]:
    """How many of the draft's stored lines are left out, and why."""
    stored = AudienceLine.objects.filter(broadcast=scope.broadcast)
    counts = dict(stored.order_by().values_list("problem").annotate(Count("pk")))
    counts.pop("", 0)
    doubles = counts.pop(AudienceLine.Problem.DUPLICATE, 0)
    wrong = sum(counts.values())
    outside = lines.strangers(scope).order_by().count()
    return doubles + wrong + outside, list(_line_words(scope, doubles, wrong, outside))


def _line_words(scope: Scope, doubles: int, wrong: int, outside: int) -> Iterator[str]:
    if doubles:
        words = ngettext(
            "%(n)s line repeats a number, also in another spelling, and is left out.",
            "%(n)s lines repeat a number, also in another spelling, and are left out.",
            doubles,
        )
        yield words % {"n": f"{doubles:,}"}
    if wrong:
        words = ngettext(
            "%(n)s line is not a phone number and is left out.",
            "%(n)s lines are not phone numbers and are left out.",
            wrong,
        )
        yield words % {"n": f"{wrong:,}"}
    if outside and len(scope.carriers) == 1:
        words = ngettext(
            "%(n)s number does not follow “%(group)s” and is left out: Kaizala would refuse it.",
            "%(n)s numbers do not follow “%(group)s” and are left out: Kaizala would refuse them.",
            outside,
        )
        yield words % {"n": f"{outside:,}", "group": scope.carriers[0].name}
    elif outside:
        words = ngettext(
            "%(n)s number follows no public group that could carry it, and is left out.",
            "%(n)s numbers follow no public group that could carry it, and are left out.",
            outside,
        )
        yield words % {"n": f"{outside:,}"}


def left_out(calls: Calls) -> list[tuple[int, str]]:
    """How many are left out, and why; each person under the first reason that holds."""
    words = {
        Why.DO_NOT_CONTACT: _("on the do-not-contact list"),
        Why.GROUP: _("in a group that is left out"),
        Why.SAVED: _("in a saved audience that is left out"),
        Why.REACHED_BY: _("reached by a chosen broadcast already"),
        Why.REACHED_LATELY: _("reached in the last days"),
        Why.LISTED: _("in the ledger of the broadcast that this follows up"),
        Why.FAULTY: _("without a value for what the text names, or with a text that cannot be sent"),
        Why.IN_WHOLE_GROUP: _("get it in one of the groups already, so they are not written to once more"),
    }
    found = calls.snapshot.left_out
    return [(found[why], words[why]) for why in Why if found.get(why)]

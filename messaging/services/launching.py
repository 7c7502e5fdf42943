"""Draft -> running, once, with the audience as it is at that moment."""

import hashlib
import json
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from messaging import audience, checking, trail
from messaging.audience.plan import Calls, calls_of
from messaging.models import AudienceLine, Broadcast, SavedAudience
from messaging.timing import quiet
from messaging.timing.models import Approval, Firing

from . import expanding, gate
from .gate import Changed as Changed


class CannotLaunch(Exception):
    """The check found blockers; they stand in `check.blockers`."""

    def __init__(self, check: checking.Check) -> None:
        super().__init__(" ".join(check.blockers))
        self.check = check


def fingerprint(broadcast: Broadcast) -> str:
    """Changes when what would be sent, or to which numbers, changes; carried by the confirm page."""
    given = AudienceLine.objects.filter(broadcast=broadcast).aggregate(n=Count("pk"), last=Max("pk"))
    used = audience.Expression.of(broadcast.audience).saved_ids
    rules = list(SavedAudience.objects.filter(pk__in=used).order_by("pk").values_list("pk", "rules"))
    said = [broadcast.kind, broadcast.content, broadcast.audience, broadcast.tenant_id, given, rules]
    said.append(broadcast.ignore_quiet)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def launch(
    broadcast: Broadcast,
    by: Any,
    expected_people: int,
    *,
    expected_draft: str | None = None,
    typed: str = "",
    request: Approval | None = None,
    firing: Firing | None = None,
) -> bool:
    """Sends the draft. False: somebody has sent it already (a double click), and nothing is sent twice.

    `expected_people` is what was confirmed; `expected_draft` the fingerprint that was shown, if any;
    `typed` what the person typed as the number of people, which to send to many takes;
    `request` the approval that this grants (see approving.approve): then exactly what it asked for is sent;
    `firing` the time of a schedule that this is for.
    Raises PermissionDenied, CannotLaunch or Changed, with nothing sent.
    """
    draft = Broadcast.objects.select_related("tenant").get(pk=broadcast.pk)
    if draft.state != _before(request, firing):
        return False
    shown = fingerprint(draft)
    need_same(shown, expected_draft)
    if request:
        need_same(shown, request.fingerprint)
    with audience.taken(draft) as snapshot:
        calls = calls_of(snapshot)
        found = checking.check_calls(draft, calls)
        _need_allowed(draft, by, found, expected_people)
        if by is not None:
            gate.need_typed(draft, found.people, typed)
        return _start(draft, by, calls, found, shown, request, firing)


def _before(request: Approval | None, firing: Firing | None) -> str:
    if firing:
        return Broadcast.State.SCHEDULED
    return Broadcast.State.AWAITING if request else Broadcast.State.DRAFT


def _need_allowed(draft: Broadcast, by: Any, found: checking.Check, expected_people: int) -> None:
    if not gate.may_launch(by, found.people, draft):
        raise PermissionDenied(_("You may not send to so many people alone. Ask for an approval."))
    if found.blockers:
        raise CannotLaunch(found)
    need_people(found.people, expected_people)


def need_people(people: int, expected_people: int) -> None:
    """Raises Changed, in words, when another number of people was confirmed."""
    if people != expected_people:
        words = _("The number of people changed from %(before)s to %(now)s. Nothing is sent. Look again.")
        raise Changed(words % {"before": f"{expected_people:,}", "now": f"{people:,}"})


def need_same(draft: str, expected_draft: str | None) -> None:
    """Raises Changed, in words, when somebody looked at something else than what is there now."""
    if expected_draft is not None and draft != expected_draft:
        raise Changed(_("Somebody changed this draft meanwhile. Nothing is sent. Look again."))


def _start(
    draft: Broadcast,
    by: AbstractBaseUser | None,
    calls: Calls,
    found: checking.Check,
    shown: str,
    request: Approval | None = None,
    firing: Firing | None = None,
) -> bool:
    """A rival's launch makes this False; a rival's edit raises Changed, and nothing is sent."""
    expanding.prepare(draft, calls)
    now, before = clock.now(), _before(request, firing)
    with transaction.atomic():
        started = {"state": Broadcast.State.RUNNING, "launched_by": by, "launched_at": now}
        totals = {"people": found.dispatch_people, "dispatch_count": calls.count}
        watched = {"watched_since": now, "stamp": audience.stamp()}
        drafts = Broadcast.objects.filter(pk=draft.pk, state=before)
        if not drafts.update(**started, **totals, **watched):
            return False
        need_same(fingerprint(Broadcast.objects.get(pk=draft.pk)), shown)
        _grant(draft, by, found, request)
        _fired(draft, firing)
        expanding.write(draft, calls)
        quiet.hold([draft.pk])
        trail.note(draft, by, "launch", before, "running", people=found.people, calls=calls.count)
    return True


def _fired(draft: Broadcast, firing: Firing | None) -> None:
    """Raises Changed when the time was taken off the schedule meanwhile."""
    if firing is None:  # but one that waited for an approval has it now
        waited = Firing.objects.filter(broadcast=draft, outcome=Firing.Outcome.WAITING)
        waited.update(outcome=Firing.Outcome.LATE, late=True)
        return
    sent = Firing.Outcome.LATE if firing.late else Firing.Outcome.SENT
    rows = Firing.objects.filter(pk=firing.pk, outcome=Firing.Outcome.STARTING)
    if not rows.update(outcome=sent):
        raise Changed(_("It was taken off the schedule meanwhile."))


def _grant(
    draft: Broadcast, by: AbstractBaseUser | None, found: checking.Check, request: Approval | None
) -> None:
    """Raises Changed when the request was taken back or decided meanwhile."""
    if request is None:
        return
    if not gate.decide(request.pk, by, Approval.Decision.APPROVED, people=found.people):
        raise Changed(_("This request was decided or taken back meanwhile. Nothing is sent. Look again."))
    trail.note(draft, by, "approve", "awaiting", "running", people=found.people)

"""Draft -> running, once, with the audience as it is at that moment."""

import hashlib
import json
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging import audience, checking, trail
from messaging.audience.plan import Calls, calls_of
from messaging.models import AudienceLine, Broadcast, SavedAudience
from messaging.timing import quiet

from . import expanding


class CannotLaunch(Exception):
    """The check found blockers; they stand in `check.blockers`."""

    def __init__(self, check: checking.Check) -> None:
        super().__init__(" ".join(check.blockers))
        self.check = check


class Changed(Exception):
    """The number of people, or the draft itself, is not what was confirmed. Look and confirm again."""


def may_launch(by: PermissionsMixin | None, people: int, broadcast: Broadcast) -> bool:
    """Whether this person may send to so many (Tenant.many_people). None is the console itself."""
    if by is None:
        return True
    if not by.has_perm("messaging.send_broadcast"):
        return False
    return not 0 < broadcast.tenant.many_people < people or by.has_perm("messaging.send_to_many")


def fingerprint(broadcast: Broadcast) -> str:
    """Changes when what would be sent, or to which numbers, changes; carried by the confirm page."""
    given = AudienceLine.objects.filter(broadcast=broadcast).aggregate(n=Count("pk"), last=Max("pk"))
    used = audience.Expression.of(broadcast.audience).saved_ids
    rules = list(SavedAudience.objects.filter(pk__in=used).order_by("pk").values_list("pk", "rules"))
    said = [broadcast.kind, broadcast.content, broadcast.audience, broadcast.tenant_id, given, rules]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def launch(broadcast: Broadcast, by: Any, expected_people: int, *, expected_draft: str | None = None) -> bool:
    """Sends the draft. False: somebody has sent it already (a double click), and nothing is sent twice.

    `expected_people` is what was confirmed; `expected_draft` the fingerprint that was shown, if any.
    Raises PermissionDenied, CannotLaunch or Changed, with nothing sent.
    """
    draft = Broadcast.objects.select_related("tenant").get(pk=broadcast.pk)
    if draft.state != Broadcast.State.DRAFT:
        return False
    shown = fingerprint(draft)
    _need_same(shown, expected_draft)
    with audience.taken(draft) as snapshot:
        calls = calls_of(snapshot)
        found = checking.check_calls(draft, calls)
        _need_allowed(draft, by, found, expected_people)
        return _start(draft, by, calls, found, shown)


def _need_allowed(draft: Broadcast, by: Any, found: checking.Check, expected_people: int) -> None:
    if not may_launch(by, found.people, draft):
        raise PermissionDenied(_("You may not send to so many people. Ask an approver to send this draft."))
    if found.blockers:
        raise CannotLaunch(found)
    if found.people != expected_people:
        words = _("The number of people changed from %(before)s to %(now)s. Nothing is sent. Look again.")
        raise Changed(words % {"before": f"{expected_people:,}", "now": f"{found.people:,}"})


def _need_same(draft: str, expected_draft: str | None) -> None:
    if expected_draft is not None and draft != expected_draft:
        raise Changed(_("Somebody changed this draft meanwhile. Nothing is sent. Look again."))


def _start(
    draft: Broadcast, by: AbstractBaseUser | None, calls: Calls, found: checking.Check, shown: str
) -> bool:
    """A rival's launch makes this False; a rival's edit raises Changed, and nothing is sent."""
    now = timezone.now()
    with transaction.atomic():
        started = {"state": Broadcast.State.RUNNING, "launched_by": by, "launched_at": now}
        totals = {"people": found.dispatch_people, "dispatch_count": calls.count}
        watched = {"watched_since": now, "stamp": audience.stamp()}
        drafts = Broadcast.objects.filter(pk=draft.pk, state=Broadcast.State.DRAFT)
        if not drafts.update(**started, **totals, **watched):
            return False
        _need_same(fingerprint(Broadcast.objects.get(pk=draft.pk)), shown)
        expanding.write(draft, calls)
        quiet.hold([draft.pk])
        trail.note(draft, by, "launch", "draft", "running", people=found.people, calls=calls.count)
    return True

"""Who may send to how many: above the tenant's number a second person has to agree (four eyes), and whoever
sends types how many they are.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.ui.confirm import ungrouped
from messaging.models import Broadcast, Dispatch
from messaging.timing.models import Approval

MOST_TEST = 20  # phones of one test
SEND, SEND_TO_MANY = "messaging.send_broadcast", "messaging.send_to_many"


class Changed(Exception):
    """The number of people, or the draft itself, is not what was confirmed. Look and confirm again."""


def is_many(broadcast: Broadcast, people: int) -> bool:
    """Whether a second person is needed. A tenant whose number is 0 never asks for one, a test never."""
    if broadcast.is_test and people <= MOST_TEST:
        return False
    return 0 < broadcast.tenant.many_people < people


def is_second(by: Any, broadcast: Broadcast) -> bool:
    """Whether this person may agree: an approver who neither wrote it nor changed it last.

    A superuser may always: who is alone in the house would be locked out otherwise.
    """
    if by.is_superuser:
        return bool(by.is_active)
    return bool(by.has_perm(SEND_TO_MANY)) and by.pk not in (broadcast.created_by_id, broadcast.changed_by_id)


def may_launch(by: Any, people: int, broadcast: Broadcast) -> bool:
    """Whether this person may send it to so many now. None is the console itself."""
    if by is None:
        return True
    return bool(by.has_perm(SEND)) and (not is_many(broadcast, people) or is_second(by, broadcast))


def need_typed(broadcast: Broadcast, people: int, typed: str) -> None:
    """Raises Changed, in words, unless who sends to many typed how many. The console itself is not asked."""
    if not is_many(broadcast, people) or ungrouped(typed) == str(people):
        return
    words = _("The number that you typed is not %(people)s. Nothing is sent.")
    raise Changed(words % {"people": f"{people:,}"})


def why_not_here(calls: QuerySet[Dispatch]) -> str:
    """Why a person may not put these in line again from the outbox's pages, in words; "" when he may."""
    people = dict(calls.order_by().values_list("broadcast").annotate(people=Sum("people")))
    for broadcast in Broadcast.objects.select_related("tenant").filter(pk__in=people):
        if broadcast.state == Broadcast.State.CANCELLED:
            return _("“%(row)s” was cancelled, so nothing of it is sent again.") % {"row": broadcast}
        if is_many(broadcast, people[broadcast.pk]):
            words = _("“%(row)s” goes to %(n)s people. Send it again from its own page, with their number.")
            return words % {"row": broadcast, "n": f"{people[broadcast.pk]:,}"}
    return ""


def agreed(broadcast: Broadcast, by: Any, people: int, shown: str, terms: Sequence[Any] = ()) -> None:
    """Notes that a second person agrees without being asked: `shown` is the fingerprint that they saw."""
    Approval.objects.create(
        broadcast=broadcast,
        fingerprint=shown,
        terms=list(terms),
        people=people,
        asked_by=broadcast.created_by,
        decision=Approval.Decision.APPROVED,
        decided_by=by,
        decided_at=timezone.now(),
    )


def decide(pk: int, by: Any, decision: str, **more: Any) -> bool:
    """Compare and set on one request for approval. False: it was decided already."""
    waiting = Approval.objects.filter(pk=pk, decision=Approval.Decision.PENDING)
    return bool(waiting.update(decision=decision, decided_by=by, decided_at=timezone.now(), **more))


def void(broadcast: Broadcast, by: Any, why: str) -> bool:
    """Takes back whatever request waits, because the broadcast is not what was asked for any more."""
    waiting = Approval.objects.filter(broadcast=broadcast, decision=Approval.Decision.PENDING)
    given = {"decision": Approval.Decision.WITHDRAWN, "reason": why}
    return bool(waiting.update(decided_by=by, decided_at=timezone.now(), **given))

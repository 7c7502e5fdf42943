"""What the answers to dispatches change in the ledger: all of one group commit together."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from groups.models import Subscriber
from kaizala_admin.connectors import bulk
from kaizala_admin.connectors.prepared import Prepared
from kaizala_admin.kaizala import FailedRecipient, Sent
from kaizala_admin.outbox.models import State

from . import sending
from .models import Delivery, Dispatch

log = logging.getLogger(__name__)
CHUNK = sending.CHUNK


def record(answers: Sequence[tuple[Dispatch, Sent]]) -> None:
    """Keeps the references; marks the people as sent, those whom Kaizala left out as failed (contract 2.3).

    A constant number of statements, however many answers; more only for calls that left somebody out.
    """
    keys = [dispatch.pk for dispatch, _ in answers]
    _SENT.update(keys)
    for dispatch, sent in answers:
        dispatch.reference_id, dispatch.action_id = sent.reference_id[:100], sent.action_id[:100]
        dispatch.people_failed = _record_failed(dispatch, sent.failed) if sent.failed else 0
    fields = ("reference_id", "action_id", "people_failed")
    bulk.update(Dispatch, fields, [dispatch for dispatch, _ in answers])
    for dispatch, sent in answers:
        if sent.failed and dispatch.people_failed == dispatch.people:
            _note_burst(dispatch, sent.failed[0])
    sending.finish_if_done({dispatch.broadcast_id for dispatch, _ in answers}, settled=keys)


_SENT: Prepared[Delivery] = Prepared(
    lambda keys: Delivery.objects.filter(dispatch__in=keys),
    lambda: {"state": Delivery.State.SENT, "reason": ""},
)


def _record_failed(dispatch: Dispatch, failed: Sequence[FailedRecipient]) -> int:
    lines = Delivery.objects.filter(dispatch=dispatch)
    count = sum(
        lines.filter(mobile_number__in=numbers).update(state=Delivery.State.FAILED, reason=reason[:200])
        for reason, numbers in _failures(dispatch, failed)
    )
    if lost := max(0, len(failed) - count):
        text = "Dispatch %s: %d of %d people whom Kaizala left out are not in the ledger"
        log.warning(text, dispatch.pk, lost, len(failed))
    return count


def _note_burst(dispatch: Dispatch, one: FailedRecipient) -> None:
    """A call all of whose people were refused is as bad as one that failed."""
    from .services import bursts

    Dispatch.objects.filter(pk=dispatch.pk).update(detail=(one.reason or one.code)[:1000])
    bursts.note([dispatch], State.FAILED)


def _failures(dispatch: Dispatch, failed: Sequence[FailedRecipient]) -> Iterable[tuple[str, list[str]]]:
    """(reason, at most CHUNK numbers). Who is named by person only is looked up in the mirror."""
    unnamed = [one.person_id for one in failed if not one.mobile_number and one.person_id]
    known = _numbers_of(dispatch, unnamed)
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in failed:
        if number := one.mobile_number or known.get(one.person_id, ""):
            by_reason[one.reason or one.code or "Kaizala did not say why."] += _spellings(number)
    for reason, numbers in by_reason.items():
        for start in range(0, len(numbers), CHUNK):
            yield reason, numbers[start : start + CHUNK]


def _spellings(number: str) -> set[str]:
    """As the mirror may have it: Kaizala need not answer in the form that was sent."""
    digits = "".join(letter for letter in number if letter.isdecimal())
    return {number, digits, f"+{digits}"}


def _numbers_of(dispatch: Dispatch, person_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(person_ids), CHUNK):
        people = Subscriber.objects.filter(
            group=dispatch.group_id, person_id__in=person_ids[start : start + CHUNK]
        )
        found.update(people.values_list("person_id", "mobile_number"))
    return found

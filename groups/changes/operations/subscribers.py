"""Operations 15 and 16: subscribers of a public group, with Kaizala's word for each number."""

from typing import Any

from groups.changes.models import GroupChange
from groups.changes.results import NO_REASON, Outcome, settle
from groups.models import Group, Subscriber
from groups.sync import changed
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import KaizalaClient, SubscriberResults

from .base import Halve, Operation, batch, group_id, halve, numbers, there_before


def _add(change: GroupChange, client: KaizalaClient) -> Any:
    before = there_before(change, Subscriber)
    answer = batch(change, lambda some: client.add_subscribers(group_id(change), some))
    return answer if isinstance(answer, Halve) else (answer, before)


def _added(change: GroupChange, told: Any) -> bool:
    if isinstance(told, Halve):
        return halve(change, told)
    answer, there = told
    done = [number for number in numbers(change) if answer[number].done]
    changed.joined(Subscriber, _group(change), done, clock.now())
    good = {number: (Outcome.THERE if number in there else Outcome.ADDED, "") for number in done}
    settle(change, {**_refused(answer), **good})
    return True


def _remove(change: GroupChange, client: KaizalaClient) -> Any:
    return batch(change, lambda some: client.remove_subscribers(group_id(change), some))


def _removed(change: GroupChange, answer: Any) -> bool:
    """Whom Kaizala would not remove, and whom the mirror does not have either, was simply not there."""
    if isinstance(answer, Halve):
        return halve(change, answer)
    asked = numbers(change)
    done = [number for number in asked if answer[number].done]
    changed.left(Subscriber, _group(change), clock.now(), mobile_number__in=done)
    here = Subscriber.objects.filter(group=change.group_id, gone_at__isnull=True, mobile_number__in=asked)
    known = set(here.values_list("mobile_number", flat=True))
    refused = _refused(answer)
    absent = {
        number: (Outcome.ABSENT, reason) for number, (_, reason) in refused.items() if number not in known
    }
    settle(change, {**refused, **absent, **dict.fromkeys(done, (Outcome.REMOVED, ""))})
    return True


def _refused(answer: SubscriberResults) -> dict[str, tuple[str, str]]:
    return {
        number: (Outcome.REFUSED, result.reason or str(NO_REASON))
        for number, result in answer.items()
        if not result.done
    }


def _group(change: GroupChange) -> Group:
    assert change.group is not None  # every kind in this file has one
    return change.group


ADD = Operation("add_subscribers", _add, _added, repeatable=True)
REMOVE = Operation("remove_subscribers", _remove, _removed, repeatable=True)

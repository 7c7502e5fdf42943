"""Members and subscribers (contract 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .reading import first_text, lowered, needed_list, text, truth, unreadable


class Person(NamedTuple):
    """A member or subscriber. `mobile_number` may be "", `role` is "" for a subscriber.

    A tuple, because a sync makes up to a million: it costs a third of a frozen dataclass.
    """

    person_id: str
    mobile_number: str
    name: str
    profile_pic: str
    is_provisioned: bool
    role: str


@dataclass(frozen=True)
class SubscriberPage:
    """One page; `cursor` is None on the last one."""

    subscribers: tuple[Person, ...]
    cursor: str | None


@dataclass(frozen=True)
class SubscriberResult:
    """What happened to one number; `reason` is empty when it was done."""

    done: bool
    reason: str


SubscriberResults = dict[str, SubscriberResult]

_ROLES = {"admin": "Admin", "member": "Member"}


def read_person(raw: object) -> Person:
    record = lowered(raw)
    return Person(
        first_text(record, "id", "userid", "memberid", "subscriberid"),
        first_text(record, "mobilenumber", "phonenumber"),
        text(record.get("name")),
        first_text(record, "profilepic", "profilepicurl"),
        truth(record.get("isprovisioned")) is not False,
        _ROLES.get(text(record.get("role")).lower(), ""),
    )


def _read_people(raws: list[Any]) -> tuple[Person, ...]:
    people = [read_person(raw) for raw in raws]
    return tuple([person for person in people if person.person_id or person.mobile_number])


def read_members(body: Mapping[str, Any]) -> tuple[Person, ...]:
    return _read_people(needed_list(body, "members"))


def read_subscriber_page(body: Mapping[str, Any]) -> SubscriberPage:
    people = _read_people(needed_list(body, "subscribers"))
    return SubscriberPage(people, text(body.get("cursor")) or None)


def _read_result(raw: object) -> SubscriberResult:
    record = lowered(raw)
    if not record:
        done = truth(raw)
        return SubscriberResult(done is True, "" if done is True else text(raw))
    done = any(truth(record.get(name)) is True for name in ("isadded", "isremoved"))
    return SubscriberResult(done, "" if done else _reason(record))


def _reason(record: Mapping[str, Any]) -> str:
    """The key of the reason is not documented: the likely ones first, then any text."""
    likely = first_text(record, "reason", "errorreason", "message", "error", "errorcode")
    return likely or next((value for value in record.values() if isinstance(value, str) and value), "")


def read_subscriber_results(body: Mapping[str, Any], asked: Iterable[str]) -> SubscriberResults:
    """One result a number that was asked for; a number that the answer leaves out counts as not done."""
    result = body.get("result")
    if isinstance(result, Mapping):
        found = {number: _read_result(raw) for number, raw in result.items()}
        missing = SubscriberResult(False, "Kaizala's answer does not mention this number.")
        return {number: found.get(number, missing) for number in asked}
    done = truth(result)
    if done is None:
        raise unreadable("result")
    return {number: SubscriberResult(done, "" if done else "Kaizala said no.") for number in asked}

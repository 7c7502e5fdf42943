"""Accepting a message or an action for a group: who is meant, and what stands in the ledger.

Who receives a post:

- in an ordinary group, its members on that level (not those of its sub-groups);
- in a ConnectGroup without subscribers named and without `sendToAllSubscribers`: its members *and all its
  subscribers*. That includes an empty list of subscribers, which is the dangerous quirk of contract 7: it
  posts to the whole group;
- with `sendToAllSubscribers`: every subscriber, once;
- with `subscribers`: those of the numbers that subscribe, once each however often named. The others come back
  in `failedResult` and receive nothing.

A post to all is one row whatever the size of the group: the ledger finds the people by their places (see
schema.sql).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kaizala_admin.sandbox import access, people
from kaizala_admin.sandbox.access import Group
from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.fields import is_number
from kaizala_admin.sandbox.ids import new_reference
from kaizala_admin.sandbox.store import SUBSCRIBER
from kaizala_admin.sandbox.world import Call

GROUP, SUBSCRIBERS, NAMED = "group", "subscribers", "named"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a post is for; `people` and `failed` only when numbers were named."""

    kind: str
    people: tuple[int, ...] = ()
    failed: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """An accepted message: its row id and its referenceId."""

    id: int
    guid: str


def audience_of(call: Call, group: Group) -> Audience:
    """Return whom the call's body means.

    Refuses what the group's type or the caller's role does not allow.
    """
    numbers = call.body.numbers("subscribers")
    to_all = call.body.flag("sendtoallsubscribers")
    if not numbers and not to_all:
        return _whole_group(call, group)
    if not group.is_public:
        raise bad_request("Only in a ConnectGroup a message can go to subscribers.", "InvalidGroupType")
    access.need_admin(call, group)
    return Audience(SUBSCRIBERS) if to_all else _named(call, group, numbers)


def _whole_group(call: Call, group: Group) -> Audience:
    if group.is_public:
        access.need_admin(call, group)
    else:
        access.need_member(call, group)
    return Audience(GROUP)


def _named(call: Call, group: Group, numbers: list[str]) -> Audience:
    known = people.find_people(call.store, numbers)
    meant = {
        number: person_id
        for number, person_id in known.items()
        if people.has_place(call.store, group.id, SUBSCRIBER, person_id)
    }
    failed = tuple(_failure(number) for number in numbers if number not in meant)
    return Audience(NAMED, tuple(meant.values()), failed)


def _failure(number: str) -> dict[str, str]:
    reason = (
        "The number is not a subscriber of this group." if is_number(number) else "The number is not valid."
    )
    code = "NotASubscriber" if is_number(number) else "InvalidMobileNumber"
    return {"subscriber": number, "subscriberId": "", "errorReason": reason, "errorCode": code}


def store_message(
    call: Call, group: Group, audience: Audience, kind: str, text: str, reply_to: str | None
) -> Posted:
    """Write the message and, when numbers were named, a row for each. The rows of one call share a commit."""
    guid, store = new_reference(), call.store
    sql = """INSERT INTO messages (guid, group_id, sender_id, kind, text, audience, sent_at, reply_to)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
    values = (
        guid,
        group.id,
        call.grant.person_id,
        kind,
        text,
        audience.kind,
        call.world.clock.now(),
        reply_to,
    )
    row_id = store.run(sql, values).lastrowid or 0
    if audience.people:
        store.many("INSERT INTO named VALUES (?, ?)", ((row_id, person_id) for person_id in audience.people))
    return Posted(row_id, guid)


def accepted(posted: Posted, audience: Audience, **more: Any) -> dict[str, Any]:
    """Return the answer to a post (contract 7, 9 and 2.3)."""
    shown: dict[str, Any] = {"referenceId": posted.guid, **more}
    if audience.failed:
        shown["failedResult"] = list(audience.failed)
    return shown

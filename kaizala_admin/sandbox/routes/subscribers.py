"""Operations 14 to 16: subscribers of a ConnectGroup (contract 6)."""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import access, people
from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.fields import Fields, is_number
from kaizala_admin.sandbox.store import FOREVER, SUBSCRIBER, Store
from kaizala_admin.sandbox.world import Call

PAGE = 50
_LIST = """SELECT count(*), max(person_id), group_concat(card) FROM (SELECT p.person_id, u.card FROM places p
  JOIN people u ON u.id = p.person_id
  WHERE p.group_id = ? AND p.kind = ? AND p.person_id > ? AND p.gone = ? ORDER BY p.person_id LIMIT ?)"""
_MORE = "SELECT 1 FROM places WHERE group_id = ? AND kind = ? AND person_id > ? AND gone = ? LIMIT 1"
_NOT_A_NUMBER = "The mobile number is not valid."


def fetch_subscribers(call: Call) -> bytes:
    """Operation 14, by POST or GET: a page of at most 50, and a `cursor` only when there is another page."""
    group = access.named_group(call)
    access.need_public(group)
    access.need_admin(call, group)
    asked = Fields(call.query) if call.request.method == "GET" else call.body
    count = min(PAGE, max(1, asked.whole("count", PAGE)))
    key = (group.id, _start(asked), count)
    page: bytes | None = call.store.kept.get(key)
    if page is None:
        page = _page(call.store, *key).encode()
        call.store.keep(key, page)
    return page


def _page(store: Store, group_id: int, start: int, count: int) -> str:
    found, last, cards = store.one(_LIST, (group_id, SUBSCRIBER, start, FOREVER, count))
    if found == count and store.one(_MORE, (group_id, SUBSCRIBER, last, FOREVER)):
        return f'{{"subscribers":[{cards}],"cursor":"{last:012x}"}}'
    return f'{{"subscribers":[{cards or ""}]}}'


def add_subscribers(call: Call) -> dict[str, Any]:
    """Operation 15: a result for each number."""
    return {"result": {number: _add(call, number) for number in _numbers(call)}}


def remove_subscribers(call: Call) -> dict[str, Any]:
    """Operation 16: a result for each number."""
    return {"result": {number: _remove(call, number) for number in _numbers(call)}}


def _start(asked: Fields) -> int:
    cursor = asked.text("cursor")
    try:
        return int(cursor, 16) if cursor else 0
    except ValueError as error:
        raise bad_request("The cursor is not valid.", "InvalidCursor") from error


def _numbers(call: Call) -> list[str]:
    group = access.named_group(call)
    access.need_public(group)
    access.need_admin(call, group)
    numbers = call.body.numbers("subscribers")
    if not numbers:
        raise bad_request("subscribers is required.")
    return numbers


def _add(call: Call, number: str) -> dict[str, Any]:
    if not is_number(number):
        return {"isAdded": False, "errorReason": _NOT_A_NUMBER}
    group = access.named_group(call)
    with call.store.transaction():
        (person_id,) = people.find_or_invite(call.store, [number])
        people.join(call.store, group.id, SUBSCRIBER, person_id)
    return {"isAdded": True}


def _remove(call: Call, number: str) -> dict[str, Any]:
    group = access.named_group(call)
    person_id = people.find_people(call.store, [number]).get(number)
    if person_id is None or not people.leave(call.store, group.id, SUBSCRIBER, person_id):
        return {"isRemoved": False, "errorReason": "The number is not a subscriber of this group."}
    return {"isRemoved": True}

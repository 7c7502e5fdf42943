"""What every operation builds on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from kaizala_admin.kaizala.errors import InvalidInput, Refused
from kaizala_admin.kaizala.exchange import Call
from kaizala_admin.kaizala.limits import MAX_SUBSCRIBERS_PER_CALL, require_id, require_phones
from kaizala_admin.kaizala.results.reading import truth

Body = dict[str, Any]


class Caller(ABC):
    """Something that can make a call with a token; answers come with lower-case keys."""

    @abstractmethod
    def _perform(self, call: Call) -> Body: ...

    def _get(self, operation: str, path: str, params: Mapping[str, object] | None = None) -> Body:
        return self._perform(Call(operation, "GET", f"{path}?{query_text(params)}" if params else path))

    def _write(self, operation: str, method: str, path: str, body: object, *, bare: bool = False) -> Body:
        return self._perform(Call.of_json(operation, method, path, body, bare=bare))

    def _delete(self, operation: str, path: str) -> Body:
        return self._perform(Call(operation, "DELETE", path, bare=True))


def query_text(params: Mapping[str, object]) -> str:
    pairs = [(name, _plain(value)) for name, value in params.items() if value is not None]
    return urlencode(pairs, safe="@")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def segment(value: str, field: str) -> str:
    """An id as a part of a path: percent-encoded, with the shard's @ as it is (contract 1.10)."""
    return quote(require_id(value, field), safe="@")


def group_path(group_id: str) -> str:
    return f"/v1/groups/{segment(group_id, 'group_id')}"


def check_done(body: Body) -> None:
    """`result` is true, "true" or absent when it worked; a `message` instead is a refusal (contract 2.2)."""
    if truth(body.get("result")) is False:
        raise Refused("Kaizala said that it did not do this.", code="NotDone", status=200)
    if isinstance(body.get("message"), str) and "result" not in body:
        raise Refused(f"Kaizala said no: {body['message'][:500]}", code="NotDone", status=200)


def audience(mobile_numbers: Iterable[str], send_to_all: bool) -> Body:
    """Either named subscribers or all of them: never an empty list, which would post to the whole group."""
    if isinstance(mobile_numbers, str):
        raise InvalidInput("Give a list of phone numbers, not one text.", field="mobile_numbers")
    numbers = tuple(mobile_numbers)
    if send_to_all and numbers:
        raise InvalidInput("Choose all subscribers or some of them, not both.", field="mobile_numbers")
    if send_to_all:
        return {"sendToAllSubscribers": True}
    most = MAX_SUBSCRIBERS_PER_CALL
    return {"subscribers": list(require_phones(numbers, "mobile_numbers", most=most))}

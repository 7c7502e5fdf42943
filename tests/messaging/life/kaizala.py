"""Kaizala as a broadcast's calls meet it: it counts who got what by itself, and answers as it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from kaizala_admin.kaizala import FailedRecipient, NotSent, Refused, Sent, Throttled, UnknownOutcome
from messaging.models import Dispatch

Phone = tuple[int, str]  # the broadcast, and the number of one of its people
# What comes of a call: does Kaizala accept it, and what does the client raise?
ENDS: dict[str, tuple[bool, Callable[[], Exception] | None]] = {
    "accepted": (True, None),
    "one left out": (True, None),
    "all left out": (False, None),
    "refused connection": (False, lambda: NotSent("down")),
    "throttled": (False, lambda: Throttled("slower", retry_after=1)),
    "no": (False, lambda: Refused("no", code="Forbidden", status=403)),
    "answer lost": (True, lambda: UnknownOutcome("cut")),
    "request lost": (False, lambda: UnknownOutcome("cut")),
    "a bug after the call": (True, lambda: KeyError("x")),
}


class Kaizala:
    """In the client's place. `got` counts the copies on each phone; `end` is what comes of the next calls."""

    def __init__(self) -> None:
        self.got: Counter[Phone] = Counter()
        self.end = "accepted"
        self.row: Dispatch | None = None  # whose call is made

    def upload_media(self, _files: Any) -> str:
        _accepted, error = ENDS[self.end]
        if error:
            raise error()
        return "resource"

    def send_message_to_subscribers(
        self, _group: str, _message: str, mobile_numbers: Sequence[str] = (), send_to_all: bool = False
    ) -> Sent:
        assert mobile_numbers
        assert not send_to_all
        return self._take(mobile_numbers)

    def send_action_to_subscribers(
        self, _group: str, _action: Any, mobile_numbers: Sequence[str] = (), send_to_all: bool = False
    ) -> Sent:
        return self.send_message_to_subscribers("", "", mobile_numbers, send_to_all)

    def _take(self, numbers: Sequence[str]) -> Sent:
        assert self.row is not None
        accepted, error = ENDS[self.end]
        out = {"one left out": numbers[:1], "all left out": numbers}.get(self.end, ())
        if accepted:
            self.keep(self.row, [one for one in numbers if one not in out])
        if error:
            raise error()
        return Sent("reference", failed=tuple(FailedRecipient(one, "", "Busy", "") for one in out))

    def keep(self, row: Dispatch, numbers: Sequence[str]) -> None:
        for number in numbers:
            self.got[row.broadcast_id, number] += 1

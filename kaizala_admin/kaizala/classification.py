"""What an exchange means for whoever asked, after the table in the reliability notes, 1.3."""

from __future__ import annotations

import http.client
import math
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypedDict

import requests
import urllib3
import urllib3.connection

from .errors import ExpiredToken, KaizalaError, NotSent, Refused, Throttled, UnknownOutcome

# A body that is no JSON, or no JSON object.
UNREADABLE: dict[str, Any] = {}

DEFAULT_WAIT = 60.0
# A 429 that says 0, or a time that is over, would be met again at once, at full pace and uncounted.
SHORTEST_WAIT = 1.0
LONGEST_WAIT = 3600.0

_NEVER_WRITTEN = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.LocationParseError,
    urllib3.exceptions.EmptyPoolError,
    urllib3.exceptions.ClosedPoolError,
)


class _Said(TypedDict):
    code: str
    category: str
    status: int


def classify(
    failure: Exception | None, response: requests.Response | None, body: dict[str, Any]
) -> KaizalaError | None:
    """None for success. `body` has lower-case keys, and is UNREADABLE when it cannot be read."""
    if response is None:
        return _no_answer(failure)
    status = response.status_code
    said = _Said(code=_text(body, "errorcode"), category=_text(body, "errorcategorykey"), status=status)
    if "invalidtoken" in said["code"].lower() or status == http.client.UNAUTHORIZED:
        return ExpiredToken(_wording(body, "Kaizala did not accept the token."), **said)
    if status == http.client.TOO_MANY_REQUESTS:
        wait = retry_after(response.headers.get("Retry-After"), response.headers.get("Date"))
        return Throttled(f"Kaizala asks to wait {wait:.0f} seconds.", retry_after=wait, **said)
    if status >= http.client.INTERNAL_SERVER_ERROR:
        return UnknownOutcome(f"Kaizala failed (HTTP {status}): it may have done this all the same.", **said)
    if not 200 <= status < 300:
        return Refused(_wording(body, f"Kaizala said no (HTTP {status})."), **said)
    if body is UNREADABLE:
        return UnknownOutcome("Kaizala's answer cannot be read: it may have done this all the same.", **said)
    if said["code"]:
        return Refused(_wording(body, "Kaizala said no."), **said)
    return None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    return str(value)[:500] if isinstance(value, str | int) and value else ""


def _wording(body: dict[str, Any], otherwise: str) -> str:
    message = _text(body, "message")
    return f"Kaizala said no: {message}" if message else otherwise


def _no_answer(failure: Exception | None) -> KaizalaError:
    reasons = list(_reasons(failure))
    if any(isinstance(reason, _NEVER_WRITTEN) or _broke_while_connecting(reason) for reason in reasons):
        return NotSent(_unreachable(reasons))
    if any(isinstance(reason, TimeoutError | requests.Timeout) for reason in reasons):
        return UnknownOutcome("Kaizala did not answer in time: it may have done this all the same.")
    return UnknownOutcome("The line was cut before the answer: Kaizala may have done this all the same.")


def _unreachable(reasons: list[BaseException]) -> str:
    if any(isinstance(reason, urllib3.exceptions.NameResolutionError) for reason in reasons):
        return "Kaizala's address does not exist. Check how it is written, and the network."
    if any(isinstance(reason, requests.exceptions.SSLError) for reason in reasons):
        return "No secure connection to Kaizala could be made. Check the address and its certificate."
    if any(isinstance(reason, TimeoutError | requests.Timeout) for reason in reasons):
        return "Kaizala's address does not answer. Check it and the network, then try again."
    return "Kaizala cannot be reached. Check the address and the network, then try again."


def _reasons(failure: BaseException | None) -> Iterator[BaseException]:
    """The failure and everything it was wrapped around, each once."""
    waiting, seen = [failure], set[int]()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        # Not __context__: that may be an older failure which the caller is handling.
        inner = [*found.args, getattr(found, "reason", None), found.__cause__]
        waiting.extend(item for item in inner if isinstance(item, BaseException))


def _broke_while_connecting(failure: BaseException) -> bool:
    """A TLS error in the handshake looks like one in the answer: where it was raised tells them apart."""
    frames = traceback.walk_tb(failure.__traceback__)
    return any(_connects(frame.f_code.co_filename, frame.f_code.co_name) for frame, _ in frames)


def _connects(filename: str, function: str) -> bool:
    return function == "connect" and filename == _CONNECTION_FILE


_CONNECTION_FILE: str = urllib3.connection.HTTPConnection.connect.__code__.co_filename


def retry_after(value: str | None, date: str | None = None) -> float:
    """Seconds to wait, from seconds or an HTTP date: 1 to 3,600, and 60 when it says nothing sensible.

    A date is measured against the answer's own `date`, which comes from the same clock; ours may be wrong.
    """
    seconds = _seconds(value.strip(), date) if value else None
    sensible = seconds is not None and math.isfinite(seconds)
    return min(max(seconds or 0.0, SHORTEST_WAIT), LONGEST_WAIT) if sensible else DEFAULT_WAIT


def _seconds(value: str, date: str | None) -> float | None:
    try:
        number = float(value)
        return number if number >= 0 else None
    except ValueError:
        pass
    moment = _moment(value)
    now = (_moment(date) if date else None) or datetime.now(UTC)
    return (moment - now).total_seconds() if moment else None


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

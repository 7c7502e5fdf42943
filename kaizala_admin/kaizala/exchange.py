"""A call, one HTTP exchange of it, and what is kept of that exchange."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from .classification import UNREADABLE, classify
from .errors import InvalidInput, KaizalaError
from .redaction import LONGEST, Redactor
from .results.reading import lowered

JSON = "application/json"
_COMMON = {"Accept": JSON, "Accept-Encoding": "gzip, deflate", "User-Agent": "kaizala-admin"}
_SECRET_HEADERS = ("applicationSecret", "refreshToken", "accessToken")
_SHOWN = ("applicationid", "applicationsecret", "refreshtoken", "accesstoken", "content-type")
_SHOWN_IN_ANSWER = ("content-type", "location", "retry-after")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One HTTP exchange, fit to be stored: no secret in it, phone numbers masked.

    `error` is "" or the error's class name, `status` None without an answer; the texts have at most 4,000
    characters each.
    """

    at: datetime
    method: str
    path: str
    operation: str
    status: int | None
    ms: int
    error: str
    request: str
    answer: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to travel. `bare`: the answer's body may be empty or say just true (contract 2.2).

    `exact_numbers`: numbers are read without losing a digit (contract 12).
    """

    operation: str
    method: str
    path: str
    content: bytes | None = None
    content_type: str = JSON
    bare: bool = False
    exact_numbers: bool = False

    @classmethod
    def of_json(cls, operation: str, method: str, path: str, body: object, *, bare: bool = False) -> Call:
        try:
            written = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            return cls(operation, method, path, written.encode(), bare=bare)
        except (TypeError, ValueError, RecursionError):
            raise InvalidInput("This holds something that cannot be sent.", field="body") from None


class Exchange:
    """One request and what came of it."""

    def __init__(self, call: Call, base: str, headers: Mapping[str, str], secrets: tuple[str, ...]) -> None:
        self._call = call
        self._headers = headers
        self._secrets = secrets
        self._at = datetime.now(UTC)
        self._started = time.perf_counter()
        self._took = 0.0
        self.url = base + call.path
        self.response: requests.Response | None = None
        self.error: KaizalaError | None = None
        self.body: dict[str, Any] = UNREADABLE

    @cached_property
    def request(self) -> requests.PreparedRequest:
        """Put together by hand, as everything is known: no cookies, hooks or guesses to work out."""
        request = requests.PreparedRequest()
        request.method, request.url, request.body = self._call.method, self.url, self._call.content
        request.headers = CaseInsensitiveDict({**_COMMON, **self._headers})
        if self._call.content is not None:
            request.headers["Content-Type"] = self._call.content_type
            request.headers["Content-Length"] = str(len(self._call.content))
        return request

    def answered(self, response: requests.Response) -> None:
        self.response = response
        self._took = time.perf_counter() - self._started
        self.body = self._read(response.content)
        self._judge(None)

    def failed(self, failure: Exception) -> None:
        self._took = time.perf_counter() - self._started
        self._judge(failure)

    @property
    def status(self) -> int | None:
        return None if self.response is None else self.response.status_code

    def _read(self, content: bytes) -> dict[str, Any]:
        if self._call.bare and not content.strip():
            return {}
        try:
            found = json.loads(content, parse_float=Decimal if self._call.exact_numbers else None)
        except (ValueError, RecursionError):
            return UNREADABLE
        if self._call.bare and (found is None or isinstance(found, bool)):
            return {"result": found}
        return lowered(found) if isinstance(found, dict) else UNREADABLE

    def _judge(self, failure: Exception | None) -> None:
        self.error = classify(failure, self.response, self.body)
        if self.error:
            # Kaizala's words may repeat what it was sent.
            self.error.message = Redactor(self._known()).hide_secrets(self.error.message)
            self.error.args = (self.error.message,)

    def _known(self) -> tuple[str, ...]:
        return (*self._secrets, *(self._headers.get(name, "") for name in _SECRET_HEADERS))

    def record(self) -> CallRecord:
        redactor = Redactor(self._known())
        call, response = self._call, self.response
        # Files are not text, and what stands in them is nobody's business: their size is enough.
        content = redactor.body(call.content) if call.content_type == JSON else _size(call.content)
        sent = redactor.headers(self.request.headers, _SHOWN) + "\n" + content
        got = ""
        if response is not None:
            got = (
                redactor.headers(response.headers, _SHOWN_IN_ANSWER) + "\n" + redactor.body(response.content)
            )
        return CallRecord(
            at=self._at,
            method=call.method,
            path=call.path,
            operation=call.operation,
            status=self.status,
            ms=round(self._took * 1000),
            error=type(self.error).__name__ if self.error else "",
            request=sent[:LONGEST],
            answer=got[:LONGEST],
        )


def _size(content: bytes | None) -> str:
    return f"({len(content or b''):,} bytes)"

"""Everything that can go wrong with a call, named by what may be done next.

Source: contract 2 (error model) and the classification table of the reliability notes, 1.3.
"""

from __future__ import annotations


class KaizalaError(Exception):
    """A call did not succeed.

    `message` is safe to show: it holds no secret. `code` and `category` are Kaizala's own words
    (contract 2.1), empty when the failure is not Kaizala's. `status` is the HTTP status, if any.
    """

    def __init__(
        self, message: str, *, code: str = "", category: str = "", status: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.category = category
        self.status = status


class InvalidInput(KaizalaError, ValueError):
    """The input breaks a limit of the contract; nothing was called. `field` names the input."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message, code="InvalidInput")
        self.field = field


class NotSent(KaizalaError):
    """Surely nothing was accepted (no name, refused, connect time-out, TLS, pool): it may be tried again."""


class Throttled(NotSent):
    """429: a budget is used up (contract 1.7). `retry_after` is in seconds, never more than 3,600."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float = 60.0,
        code: str = "",
        category: str = "",
        status: int | None = 429,
    ) -> None:
        super().__init__(message, code=code, category=category, status=status)
        self.retry_after = retry_after


class ExpiredToken(NotSent):
    """The token is missing, expired or not accepted: get another one, then try again (contract 2.4)."""


class HostNotAllowed(NotSent):
    """A 308 or an endpointUrl names a host outside the allowed ones. `host` is as it was named."""

    def __init__(self, message: str, *, host: str = "", status: int | None = None) -> None:
        super().__init__(message, code="HostNotAllowed", status=status)
        self.host = host


class Refused(KaizalaError):
    """Kaizala said no: trying the same again will not help."""


class UnknownOutcome(KaizalaError):
    """It may have been accepted: 5xx, read time-out, cut line, or a success that cannot be read.

    Sending again may send twice. After a pure read it is harmless.
    """

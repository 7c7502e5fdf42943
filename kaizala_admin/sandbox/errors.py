"""Refusals in Kaizala's own shape (contract, section 2).

The triple of texts for tokens and connectors is recorded from the real service. The numeric statuses, and the
codes of every other refusal, are not known (contract 2.4 and 19): they are this sandbox's choice.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A call that Kaizala refuses, with its HTTP status and error triple."""

    def __init__(
        self, status: int, message: str, code: str, category: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.category = category
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Return `{message, errorCode, errorCategoryKey}` (contract 2.1)."""
        return {"message": self.message, "errorCode": self.code, "errorCategoryKey": self.category}


def missing_token() -> ApiError:
    """The accessToken header is absent (contract 2.1, recorded)."""
    text = "Token missing. Header should have token as value of ACCESSTOKEN"
    return ApiError(401, text, "InvalidToken", "AuthException")


def bad_token() -> ApiError:
    """The token is expired, revoked or unknown (contract 2.1, recorded)."""
    text = "Invalid token. Failure reason:Token validation failed due to unknown reason!"
    return ApiError(401, text, "InvalidToken", "AuthException")


def bad_connector() -> ApiError:
    """Wrong application id or secret, or no such headers (contract 2.1, recorded text, sic)."""
    text = "Dont have correct applicationId and secret in header!"
    return ApiError(401, text, "Unauthenticated", "AuthException")


def wrong_pin() -> ApiError:
    """The PIN is wrong, used or too old."""
    return ApiError(401, "The PIN is not correct or has expired.", "InvalidPin", "AuthException")


def bad_request(message: str, code: str = "InvalidParameters") -> ApiError:
    """Something in the request is not as documented."""
    return ApiError(400, message, code, "ClientException")


def forbidden(message: str) -> ApiError:
    """The caller has not the rights, for instance is no admin of the group."""
    return ApiError(403, message, "Unauthorized", "AuthorizationException")


def not_found(what: str) -> ApiError:
    """The id names nothing."""
    return ApiError(404, f"{what} was not found.", "NotFound", "ClientException")


def wrong_method() -> ApiError:
    """The path exists, but not with this verb."""
    return ApiError(405, "The method is not allowed here.", "MethodNotAllowed", "ClientException")


def wrong_type(message: str) -> ApiError:
    """A media part has no proper content type (contract 2.4, documented status)."""
    return ApiError(415, message, "UnsupportedMediaType", "ClientException")


def throttled(seconds: int) -> ApiError:
    """A budget is used up; `seconds` is a whole number (contract 1.7)."""
    text = f"Rate limit is exceeded. Try again in {seconds} seconds."
    return ApiError(429, text, "TooManyRequests", "ThrottlingException", {"Retry-After": str(seconds)})


def server_error(message: str = "An unknown error has occurred. Please try again later!") -> ApiError:
    """The service broke (contract 2.4)."""
    return ApiError(500, message, "Unknown", "ServerException")

"""Kaizala's errors in the words of the person at the form, and at the field where they belong."""

from django.utils.translation import gettext as _

from kaizala_admin.kaizala import (
    HostNotAllowed,
    InvalidInput,
    KaizalaError,
    NotSent,
    Throttled,
    UnknownOutcome,
)

from .instance import ThisIsHeld
from .models import Connector
from .tokens import WRONG_CONNECTOR, ConnectorRefused, TokenRefused, TokenUnavailable


def of(error: KaizalaError, connector: Connector) -> str:
    """What happened, and what to do next."""
    names = {"root": connector.api_root, "why": error.message}
    match error:
        case TokenRefused() | ThisIsHeld() | HostNotAllowed() | InvalidInput():
            return error.message
        case Throttled():
            text = _("Kaizala asks us to wait %(seconds)d seconds: the calls of this minute are used up.")
            return text % {"seconds": round(error.retry_after)}
        case TokenUnavailable() if error.status:
            return error.message
        case NotSent() | UnknownOutcome():
            return (
                _("%(root)s does not answer (%(why)s) Check the connector's API root, or try again later.")
                % names
            )
        case _ if error.code in WRONG_CONNECTOR:
            return _(
                "Kaizala does not accept this connector's application ID and secret. Correct them first."
            )
        case _:
            return error.message


def of_pin(error: KaizalaError, connector: Connector, field: str) -> tuple[str | None, str]:
    """Field (None: the whole form) and text for an error of the PIN wizard, whose step is about `field`."""
    if error.code in WRONG_CONNECTOR:
        return "connector", of_connector()
    if isinstance(error, NotSent | UnknownOutcome) and error.code != "InvalidPin" and not _is_no(error):
        return None, of(error, connector)
    if field == "pin":
        return field, _(
            "Kaizala does not accept this PIN: it is wrong, used, or too old. Check it, or ask for another."
        )
    return field, _("No PIN was sent to this number. %(why)s") % {"why": error.message}


def of_token(error: KaizalaError, connector: Connector) -> tuple[str | None, str]:
    """The same for a pasted token."""
    if isinstance(error, ConnectorRefused) or error.code in WRONG_CONNECTOR:
        return "connector", of_connector()
    if isinstance(error, TokenRefused | InvalidInput):
        text = _(
            "Kaizala does not accept this token: it is revoked, too old, or another connector's. "
            "Nothing was stored."
        )
        return "token", text
    return None, of(error, connector)


def of_connector() -> str:
    return _("Kaizala does not accept this connector's application ID and secret. Correct them first.")


def _is_no(error: KaizalaError) -> bool:
    """A 401 is a no of Kaizala's even where the client calls it an expired token."""
    return error.status is not None and 400 <= error.status < 500 and error.status != 429

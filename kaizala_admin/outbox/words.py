"""What the states and reasons are called on screen."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kaizala_admin.connectors.models import Connector, Grant

from .models import OutboxRow, State

TONES = {
    State.QUEUED: "info",
    State.SENDING: "primary",
    State.SENT: "success",
    State.FAILED: "danger",
    State.CANCELLED: "",
    State.UNKNOWN: "warning",
}

REASONS = {  # ours; a row with another one was refused by Kaizala, with this code
    "throttled": _("Kaizala asked for a pause"),
    "token_refused": _("Kaizala does not accept the grant any more"),
    "host_not_allowed": _("Kaizala named a host that is not allowed"),
    "expired_token": _("The access token had expired"),
    "not_sent": _("Kaizala could not be reached"),
    "invalid_input": _("Kaizala would not take this content"),
    "no_answer": _("The answer was lost"),
    "our_error": _("An error of the console; see the log"),
    "worker_died": _("The worker stopped in the middle"),
    "not_recorded": _("The answer could not be written down"),
    "quiet_hours": _("Waits for the end of the quiet hours"),
    "cancelled": _("Cancelled by a person"),
    "said_by_a_person": _("A person said that it arrived"),
    "media": _("Its files are brought to Kaizala first"),
    "media_failed": _("Its files could not be brought to Kaizala"),
    "found_at_kaizala": _("Found at Kaizala"),
}
CODES = {"Unknown": _("Kaizala said no, without a reason")}


def reason_words(reason: str) -> str:
    """The reason for a person; most of Kaizala's own codes stay as they are."""
    return str(REASONS.get(reason) or CODES.get(reason) or reason)


def why_waiting(row: OutboxRow) -> str:
    """Why a row is where it is. Reads the row's connector and grant: select them."""
    if row.state == State.QUEUED:
        if not row.connector.is_active:
            return str(_("Waits: the connector is switched off"))
        if row.grant.state != Grant.State.WORKING:
            return str(_("Waits: Kaizala refused the grant"))
        if row.connector.health != Connector.Health.WORKING:
            return str(_("Waits: the connector needs attention; it is tried again every few minutes"))
        if row.held:
            return str(_("Paused"))
    return reason_words(row.reason)


def rows_words(count: int) -> str:
    """ "1 row", "1,234 rows"."""
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}

"""Claims permitted rows, calls Kaizala, settles. No transaction is open while the network is used."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kaizala_admin.connectors import instance, limiter
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.connectors.services import mark_attention, mark_working
from kaizala_admin.connectors.tokens import TokenRefused, ensure_access
from kaizala_admin.kaizala import ExpiredToken, KaizalaClient, KaizalaError

from .claims import Claim, recall
from .classification import EXPIRED_TOKEN, Verdict, before_the_call, classify, not_recorded
from .desk import Slip, hand_in, turn
from .models import Attempt, OutboxRow, State
from .nudges import nudge
from .reading import FIRST, Ahead, Reading, read, read_on
from .registry import label
from .settling import settle_error

log = logging.getLogger(__name__)

LONGEST_RUN = 30.0  # seconds; then the task ends and rings again, well before any time limit
stopping = threading.Event()  # set when the worker shuts down: finish what is under way, take nothing new


@dataclass
class Line:
    """One run of the pump, and its clients: one token check a grant, not one a row."""

    ends: float  # on time.monotonic()
    clients: dict[int, tuple[Grant, KaizalaClient]] = field(default_factory=dict)
    ahead: Ahead | None = None  # calls of the row that goes on now, begun while its last ones were written

    def goes_on(self) -> bool:
        """Whether it may take another row."""
        return not stopping.is_set() and time.monotonic() < self.ends

    def client(self, row: OutboxRow) -> KaizalaClient:
        """The client for the row's grant; hands the row the grant that is already loaded."""
        if row.grant_id not in self.clients:
            grant = Grant.objects.select_related("connector__tenant").get(pk=row.grant_id)
            self.clients[row.grant_id] = (grant, client_for(grant))
        row.grant, client = self.clients[row.grant_id]
        row.connector = row.grant.connector
        return client


def pump(connector_id: int, after_each: Callable[[], object] = lambda: None) -> int:
    """Makes every permitted call of the connector that nobody else makes; returns how many it made."""
    if instance.held_since():  # permits may have been restored with the rows
        return 0
    line, calls = Line(time.monotonic() + LONGEST_RUN), 0
    slip = _another(line, connector_id)
    while slip.claim:
        calls += 1
        slip = _call(line, slip.claim)
        after_each()
    return calls


def _another(line: Line, connector_id: int) -> Slip:
    slip = Slip(connector_id, line.goes_on())
    return hand_in(slip) if slip.wants_row else slip


def _call(line: Line, taken: Claim) -> Slip:
    """One call, or those of a long read, settled; the slip that comes back holds the next."""
    row, ahead, line.ahead = taken.row, line.ahead, None
    try:
        client = line.client(row)
        if not ahead:
            taken.check_time()
    except Exception as error:  # noqa: BLE001
        _went_wrong(line, taken, before_the_call(error, attempts=row.attempts), error)
        return _another(line, row.connector_id)
    try:
        reading = ahead.reading() if ahead else read(row, client, min(FIRST, 1 + taken.calls_left))
    except Exception as error:  # noqa: BLE001
        _broke_off(line, taken, error)
        return _another(line, row.connector_id)
    taken.calls_left -= len(reading.answers) - 1
    if reading.error:
        return _partly_answered(line, taken, reading, reading.error)
    return _answered(line, taken, reading, client)


def _answered(line: Line, taken: Claim, reading: Reading, client: KaizalaClient) -> Slip:
    row = taken.row
    if stopping.is_set():
        taken.calls_left = 0
    ahead = read_on(reading, client, taken.calls_left)
    slip = hand_in(Slip(row.connector_id, line.goes_on(), taken, reading.result))
    if slip.error:
        _not_recorded(line, taken, slip.error)
    if ahead and slip.claim and slip.claim.row.pk == row.pk and type(slip.claim.row) is type(row):
        line.ahead = ahead
    elif ahead and (error := ahead.error()):
        _broke_off(line, taken, error)
    if slip.error:
        return _another(line, row.connector_id)
    if slip.answered and slip.answered.row.state == State.QUEUED:
        nudge([row.connector_id])
    if row.connector.health != Connector.Health.WORKING:
        mark_working(row.connector)
    return slip


def _partly_answered(line: Line, taken: Claim, reading: Reading, error: Exception) -> Slip:
    """Keeps what was read before a call went wrong, then settles that call, which was permitted, too."""
    slip = hand_in(Slip(taken.row.connector_id, False, taken, reading.result))
    if slip.error:
        _not_recorded(line, taken, slip.error)
    _broke_off(line, slip.claim or taken, error)
    return _another(line, taken.row.connector_id)


def _not_recorded(line: Line, taken: Claim, error: Exception) -> None:
    row = taken.row
    verdict = not_recorded(error, repeatable=row.may_repeat(), attempts=row.attempts)
    _went_wrong(line, taken, verdict, error)


def _broke_off(line: Line, taken: Claim, error: Exception) -> None:
    row = taken.row
    renewed = isinstance(error, ExpiredToken) and _was_renewed(row)
    verdict = classify(error, repeatable=row.may_repeat(), attempts=row.attempts, renewed=renewed)
    _went_wrong(line, taken, verdict, error)


def _was_renewed(row: OutboxRow) -> bool:
    """Whether the row's try before was refused for its token too, and this one went with a newer token."""
    if row.reason != EXPIRED_TOKEN or row.grant.refreshed_at is None:
        return False
    tries = Attempt.objects.filter(row_class=label(type(row)), row_id=row.pk).order_by("-number")
    last = tries.values_list("started_at", flat=True).first()
    return last is not None and last < row.grant.refreshed_at


def _went_wrong(line: Line, taken: Claim, verdict: Verdict, error: Exception) -> None:
    """Settles the row first: whatever else follows may fail without touching it."""
    row = taken.row
    if not isinstance(error, KaizalaError):
        log.error("%s %s: %s", row._meta.label, row.pk, type(error).__name__, exc_info=error)
    with turn:
        settle_error(row, verdict)
    if verdict.pause:
        limiter.pause(row.connector_id, verdict.pause)
        recall(row.connector_id)
    if verdict.attention:
        mark_attention(row.connector, verdict.detail)
    if verdict.new_token:
        _fetch_token(line, row)
    if row.state == State.QUEUED:
        nudge([row.connector_id])


def _fetch_token(line: Line, row: OutboxRow) -> None:
    """Another access token; the token room sees to it that only one worker asks."""
    grant, _ = line.clients.pop(row.grant_id)
    try:
        ensure_access(grant, force=True)
    except TokenRefused as error:
        mark_attention(grant.connector, error.message)
    except KaizalaError as error:
        log.warning("No new access token for grant %s: %s", grant.pk, type(error).__name__)

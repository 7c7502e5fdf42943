"""What happens to a row after a call went wrong: one function, one line a case (reliability 1.3)."""

import random
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kaizala_admin.connectors.tokens import TokenRefused
from kaizala_admin.kaizala import (
    ExpiredToken,
    HostNotAllowed,
    InvalidInput,
    NotSent,
    Refused,
    Throttled,
    UnknownOutcome,
)

from .models import State

MAX_ATTEMPTS = 8
MOST_DEATHS = 3  # of workers, one after the other
WORKER_DIED, EXPIRED_TOKEN = "worker_died", "expired_token"
FIRST_WAIT, LONGEST_WAIT = 4.0, 300.0  # seconds
ATTENTION_WAIT = 60.0  # seconds; the dispatcher leaves such connectors alone anyway, save for a probe


class NotYet(NotSent):
    """A row's own word, from `perform`: its call must wait for `wait` seconds more, so it was not made."""

    def __init__(self, reason: str, wait: float) -> None:
        super().__init__("")
        self.reason, self.wait = reason, wait


@dataclass(frozen=True)
class Verdict:
    """Where the row goes, and what else has to happen."""

    state: State
    reason: str
    detail: str = ""
    wait: float = 0.0  # seconds until it is due again, for a row that is queued
    counted: bool = True  # False: the attempt is not held against the row
    pause: float = 0.0  # seconds that the connector's whole budget rests
    new_token: bool = False  # fetch another access token first
    attention: bool = False  # the connector needs a person


def backoff(attempts: int) -> float:
    """Seconds to wait after the `attempts`-th try: doubling from 4 s, at most 5 minutes, with full jitter."""
    return random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, attempts - 1)))  # noqa: S311


def classify(error: Exception, *, repeatable: bool, attempts: int, renewed: bool = False) -> Verdict:
    """The verdict on `error`, raised by a row's call at its `attempts`-th try (1 is the first).

    `renewed`: the token was bought after the row's try before, which ended with a token that was refused.
    An error that is none of the client's is a bug of ours, seen after the line may have been used: unknown.
    """
    detail = getattr(error, "message", "")[:1000]
    match error:
        case Throttled():
            wait = error.retry_after * random.uniform(1.0, 1.2)  # noqa: S311
            return Verdict(State.QUEUED, "throttled", detail, wait, counted=False, pause=error.retry_after)
        case TokenRefused():
            return Verdict(
                State.QUEUED,
                "token_refused",
                detail or str(error),
                ATTENTION_WAIT,
                counted=False,
                attention=True,
            )
        case HostNotAllowed():
            return Verdict(
                State.QUEUED, "host_not_allowed", detail, ATTENTION_WAIT, counted=False, attention=True
            )
        case ExpiredToken() if renewed:
            words = _("Kaizala refuses the access token that it has just given out. %(why)s")
            told = (words % {"why": detail})[:1000]
            return _again(EXPIRED_TOKEN, told, attempts, wait=ATTENTION_WAIT, attention=True)
        case ExpiredToken():
            wait = 0.0 if attempts == 1 else backoff(attempts)
            return _again(EXPIRED_TOKEN, detail, attempts, wait=wait, new_token=True)
        case NotYet():
            return Verdict(State.QUEUED, error.reason, "", error.wait, counted=False)
        case NotSent():
            return _again("not_sent", detail, attempts, wait=backoff(attempts))
        case InvalidInput():
            return Verdict(State.FAILED, "invalid_input", detail)
        case Refused():
            return Verdict(State.FAILED, (error.code or f"http_{error.status}")[:60], detail)
        case UnknownOutcome():
            return _lost("no_answer", detail, repeatable, attempts)
        case _:
            return _lost("our_error", type(error).__name__, repeatable, attempts)


def before_the_call(error: Exception, *, attempts: int) -> Verdict:
    """The verdict on an error met before the line was used (no token, database away): surely not sent."""
    if isinstance(error, NotSent | TokenRefused):
        return classify(error, repeatable=True, attempts=attempts)
    detail = getattr(error, "message", "") or type(error).__name__
    return _again("not_sent", detail[:1000], attempts, wait=backoff(attempts))


def dead_worker(*, repeatable: bool, attempts: int, deaths: int = 1) -> Verdict:
    """The verdict on a row whose lease ran out: its worker died, or stands still, during the call.

    One that ended so many workers in a row, without getting further, is poison and waits for a person.
    """
    if repeatable and min(attempts, deaths) >= MOST_DEATHS:
        return Verdict(State.FAILED, WORKER_DIED)
    return _lost(WORKER_DIED, "", repeatable, attempts)


def not_recorded(error: Exception, *, repeatable: bool, attempts: int) -> Verdict:
    """The verdict on a call that was answered, but whose answer we could not write down.

    A `Refused` that `record` itself raises is its word that the row must not go on: failed, with its code.
    """
    if isinstance(error, Refused):
        return classify(error, repeatable=repeatable, attempts=attempts)
    return _lost("not_recorded", type(error).__name__, repeatable, attempts)


def _again(reason: str, detail: str, attempts: int, *, wait: float, **besides: bool) -> Verdict:
    if attempts >= MAX_ATTEMPTS:
        return Verdict(State.FAILED, reason, detail)
    return Verdict(State.QUEUED, reason, detail, wait, **besides)


def _lost(reason: str, detail: str, repeatable: bool, attempts: int) -> Verdict:
    """The call may have been accepted. Only a repeatable row goes back in line by itself."""
    if repeatable:
        return _again(reason, detail, attempts, wait=backoff(attempts))
    return Verdict(State.UNKNOWN, reason, detail)

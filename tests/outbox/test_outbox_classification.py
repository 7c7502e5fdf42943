"""One test a line of the table in reliability 1.3."""

import pytest

from kaizala_admin.connectors.tokens import TokenRefused, TokenUnavailable
from kaizala_admin.kaizala import (
    ExpiredToken,
    HostNotAllowed,
    InvalidInput,
    NotSent,
    Refused,
    Throttled,
    UnknownOutcome,
)
from kaizala_admin.outbox.classification import (
    NotYet,
    Verdict,
    backoff,
    before_the_call,
    classify,
    dead_worker,
)
from kaizala_admin.outbox.models import State


@pytest.fixture(autouse=True)
def longest_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Randomness gives its upper end."""
    monkeypatch.setattr("random.uniform", lambda low, high: high)


QUEUED, FAILED, UNKNOWN = State.QUEUED, State.FAILED, State.UNKNOWN

CASES = [
    (NotSent("Refused"), 1, Verdict(QUEUED, "not_sent", "Refused", 4.0)),
    (NotSent("Refused"), 7, Verdict(QUEUED, "not_sent", "Refused", 256.0)),
    (NotSent("Refused"), 8, Verdict(FAILED, "not_sent", "Refused")),
    (NotYet("quiet_hours", 7200.0), 8, Verdict(QUEUED, "quiet_hours", "", 7200.0, counted=False)),
    (TokenUnavailable("Busy"), 1, Verdict(QUEUED, "not_sent", "Busy", 4.0)),
    (
        Throttled("Slower", retry_after=30),
        8,
        Verdict(QUEUED, "throttled", "Slower", 36.0, counted=False, pause=30),
    ),
    (ExpiredToken("Old"), 1, Verdict(QUEUED, "expired_token", "Old", 0.0, new_token=True)),
    (ExpiredToken("Old"), 2, Verdict(QUEUED, "expired_token", "Old", 8.0, new_token=True)),
    (ExpiredToken("Old"), 8, Verdict(FAILED, "expired_token", "Old")),
    (TokenRefused("No"), 8, Verdict(QUEUED, "token_refused", "No", 60.0, counted=False, attention=True)),
    (
        HostNotAllowed("Elsewhere"),
        8,
        Verdict(QUEUED, "host_not_allowed", "Elsewhere", 60.0, counted=False, attention=True),
    ),
    (InvalidInput("Too long"), 1, Verdict(FAILED, "invalid_input", "Too long")),
    (Refused("Not yours", code="Forbidden", status=403), 1, Verdict(FAILED, "Forbidden", "Not yours")),
    (Refused("Gone", status=404), 1, Verdict(FAILED, "http_404", "Gone")),
    (UnknownOutcome("Lost"), 1, Verdict(UNKNOWN, "no_answer", "Lost")),
    (KeyError("x"), 1, Verdict(UNKNOWN, "our_error", "KeyError")),
]


@pytest.mark.parametrize(("error", "attempts", "verdict"), CASES)
def test_each_error_has_its_verdict(error: Exception, attempts: int, verdict: Verdict) -> None:
    assert classify(error, repeatable=False, attempts=attempts) == verdict


@pytest.mark.parametrize(
    ("error", "attempts", "verdict"),
    [
        (UnknownOutcome("Lost"), 1, Verdict(QUEUED, "no_answer", "Lost", 4.0)),
        (UnknownOutcome("Lost"), 8, Verdict(FAILED, "no_answer", "Lost")),
        (KeyError("x"), 2, Verdict(QUEUED, "our_error", "KeyError", 8.0)),
    ],
)
def test_a_repeatable_row_is_asked_again_where_others_are_in_doubt(
    error: Exception, attempts: int, verdict: Verdict
) -> None:
    assert classify(error, repeatable=True, attempts=attempts) == verdict


def test_a_token_that_was_just_bought_and_is_refused_needs_a_person() -> None:
    words = "Kaizala refuses the access token that it has just given out. Old"
    again = Verdict(QUEUED, "expired_token", words, 60.0, attention=True)
    assert classify(ExpiredToken("Old"), repeatable=False, attempts=2, renewed=True) == again
    over = classify(ExpiredToken("Old"), repeatable=False, attempts=8, renewed=True)
    assert over == Verdict(FAILED, "expired_token", words)


@pytest.mark.parametrize(
    ("repeatable", "attempts", "deaths", "state"),
    [
        (True, 3, 3, FAILED),
        (True, 3, 2, QUEUED),
        (True, 2, 3, QUEUED),
        (True, 8, 1, FAILED),
        (False, 3, 3, UNKNOWN),
    ],
)
def test_three_workers_that_died_one_after_the_other_park_what_may_be_repeated(
    repeatable: bool, attempts: int, deaths: int, state: State
) -> None:
    verdict = dead_worker(repeatable=repeatable, attempts=attempts, deaths=deaths)
    assert (verdict.state, verdict.reason) == (state, "worker_died")


def test_an_error_before_the_call_was_surely_not_sent() -> None:
    assert before_the_call(KeyError("x"), attempts=1) == Verdict(QUEUED, "not_sent", "KeyError", 4.0)
    assert before_the_call(Throttled("Slower", retry_after=10), attempts=1).pause == 10


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 4.0), (1, 4.0), (2, 8.0), (6, 128.0), (7, 256.0), (8, 300.0), (50, 300.0)]
)
def test_the_wait_doubles_and_never_exceeds_five_minutes(attempts: int, seconds: float) -> None:
    assert backoff(attempts) == seconds

"""Contract 1.7: both budgets over sliding windows."""

from __future__ import annotations

from kaizala_admin.sandbox.budgets import Budgets, Window
from tests.sandbox.caller import Caller


def test_a_window_slides_and_never_lets_more_through_in_any_60_seconds() -> None:
    window = Window(3)
    accepted = []
    for tick in range(600):
        now = 1000.0 + tick / 2
        if window.wait(now) == 0:
            window.times.append(now)
            accepted.append(now)
    assert all(later - earlier >= 60 for earlier, later in zip(accepted, accepted[3:], strict=False))
    assert accepted[:4] == [1000.0, 1000.5, 1001.0, 1060.0]


def test_the_tenants_budget_binds_two_connectors_together() -> None:
    budgets = Budgets()
    first = [budgets.take((1, 100), (9, 150), 5.0) for _ in range(100)]
    second = [budgets.take((2, 100), (9, 150), 5.0) for _ in range(60)]
    assert (first, second) == ([0] * 100, [0] * 50 + [60] * 10)


def test_the_call_above_the_budget_gets_429_with_whole_seconds_and_is_allowed_after_them(
    admin: Caller,
) -> None:
    admin.sandbox.post("/sandbox/budgets", connectorPerMinute=5)
    admin.sandbox.post("/sandbox/clock", advanceSeconds=60)
    assert [admin.call("GET", "groups").status_code for _ in range(6)] == [200] * 5 + [429]
    refused = admin.call("GET", "groups")
    seconds = int(refused.headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert refused.json()["errorCode"] == "TooManyRequests"
    admin.sandbox.post("/sandbox/clock", advanceSeconds=seconds)
    admin.ok("GET", "groups")
    assert admin.sandbox.get("/sandbox/calls", operation="fetch_groups")["throttled"] == 2

"""The control plane's faults, each counted on the ledger."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.caller import Caller
from tests.sandbox_process import SandboxProcess


def send(admin: Caller, text: str = "x") -> requests.Response:
    return admin.call(
        "POST", f"groups/{admin.group('India programme')}/messages", {"message": text}, allow_redirects=False
    )


def accepted(admin: Caller) -> int:
    return int(admin.sandbox.get("/sandbox/ledger/summary", text="x")["messages"])


@pytest.mark.parametrize(
    ("kind", "more", "status", "messages"),
    [
        ("error-before", {"status": 503}, 503, 0),
        ("error-after", {}, 500, 1),
        ("throttle", {"retryAfter": 7}, 429, 0),
        ("expired-token", {}, 401, 0),
        ("html", {}, 502, 0),
        ("moved", {"location": "https://kms2.kaiza.la"}, 308, 0),
        ("half", {}, 200, 1),
    ],
)
def test_a_fault_strikes_once_and_then_all_is_well(
    admin: Caller, kind: str, more: dict[str, Any], status: int, messages: int
) -> None:
    admin.sandbox.post("/sandbox/faults", operation="send_message", kind=kind, times=1, **more)
    assert admin.call("GET", "groups").status_code == 200
    answer = send(admin)
    assert (answer.status_code, accepted(admin)) == (status, messages)
    if kind == "half":
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.text)
    if kind == "throttle":
        assert answer.headers["Retry-After"] == "7"
    if kind == "moved":
        group = admin.group("India programme")
        assert answer.headers["Location"] == f"https://kms2.kaiza.la/v1/groups/{group}/messages"
    assert (send(admin).status_code, accepted(admin)) == (200, messages + 1)


@pytest.mark.parametrize(("kind", "messages"), [("cut-before", 0), ("cut-after", 1)])
def test_a_connection_is_cut(admin: Caller, kind: str, messages: int) -> None:
    admin.sandbox.post("/sandbox/faults", operation="*", kind=kind, times=1)
    with pytest.raises(requests.ConnectionError):
        send(admin)
    assert accepted(admin) == messages


@pytest.mark.parametrize("kind", ["slow", "hang-after"])
def test_an_answer_comes_late(admin: Caller, kind: str) -> None:
    admin.sandbox.post("/sandbox/faults", kind=kind, seconds=0.3, times=1)
    start = time.monotonic()
    assert send(admin).status_code == 200
    assert time.monotonic() - start >= 0.3


def test_faults_are_listed_and_cleared_one_by_one(admin: Caller) -> None:
    first = admin.sandbox.post("/sandbox/faults", kind="html")["id"]
    second = admin.sandbox.post("/sandbox/faults", kind="slow")["id"]
    admin.sandbox.delete(f"/sandbox/faults/{first}")
    assert [rule["id"] for rule in admin.sandbox.get("/sandbox/faults")] == [second]
    admin.sandbox.delete("/sandbox/faults")
    assert admin.sandbox.get("/sandbox/faults") == []


def test_the_calls_show_what_went_over_the_wire_without_the_token(admin: Caller) -> None:
    send(admin, "seen")
    (call,) = admin.sandbox.get("/sandbox/calls/recent", limit=1)
    assert (call["operation"], call["method"], call["body"], call["status"]) == (
        "send_message",
        "POST",
        '{"message": "seen"}',
        200,
    )
    assert call["headers"]["accessToken"] == f"...{admin.token[-6:]}"


def test_a_new_tenant_has_its_own_groups_and_budget(admin: Caller) -> None:
    made = admin.sandbox.post("/sandbox/connectors", tenant="Clinics United", callsPerMinute=9)["connectors"]
    assert (len(made), made[0]["callsPerMinute"]) == (1, 9)
    admin.state["connectors"].insert(0, made[0])
    admin.token = admin.sign_in().json()["accessToken"]
    names = [group["groupName"] for group in admin.ok("GET", "groups")["groups"]]
    assert names == ["Clinics United – staff", "Clinics United – volunteers", "Clinics United – news"]
    assert admin.call("GET", f"groups/{admin.public}").status_code == 404


def test_it_stops_within_two_seconds(tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path, people=60).start()
    process.get("/sandbox/empty")
    start = time.monotonic()
    process.stop()
    assert time.monotonic() - start < 2

"""The seeded organisation, its groups and its people."""

from __future__ import annotations

from pathlib import Path

import phonenumbers

from tests.sandbox.caller import Caller
from tests.sandbox_process import SandboxProcess


def test_every_number_is_valid_in_its_country(admin: Caller) -> None:
    numbers, cursor = [], ""
    while cursor is not None:
        page = admin.ok("POST", f"groups/{admin.public}/subscribers", {"cursor": cursor})
        numbers += [person["mobileNumber"] for person in page["subscribers"]]
        cursor = page.get("cursor")
    assert len(set(numbers)) == admin.state["publicGroups"][0]["subscribers"] == 240
    parsed = [phonenumbers.parse(number) for number in numbers]
    assert [number for number in parsed if not phonenumbers.is_valid_number(number)] == []
    assert {phonenumbers.region_code_for_number(number) for number in parsed} == {"IN", "KE", "BR"}


def test_pages_hold_50_and_get_works_like_post(admin: Caller) -> None:
    page = admin.ok("POST", f"groups/{admin.public}/subscribers", {"count": 80})
    assert len(page["subscribers"]) == 50
    assert page == admin.ok("GET", f"groups/{admin.public}/subscribers")
    assert sorted(page["subscribers"][0]) == ["id", "isProvisioned", "mobileNumber", "name", "profilePic"]
    small = admin.state["publicGroups"][-1]["groupId"]
    assert sorted(admin.ok("POST", f"groups/{small}/subscribers", {})) == ["subscribers"]


def test_the_same_seed_makes_the_same_organisation(admin: Caller, tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, no_answers=True) as other:
        assert other.get("/sandbox/state")["groups"] == admin.state["groups"]
        twin = Caller(other)
        path = f"groups/{admin.public}/subscribers"
        assert twin.ok("POST", path, {}) == admin.ok("POST", path, {})


def test_the_tree_is_three_levels_deep_and_marks_shared_children(admin: Caller) -> None:
    root = admin.group("Harvest & Health Alliance – all field staff")
    tree = admin.ok("GET", f"groups/{root}/subGroups", params={"fetchAllGroups": "true"})
    levels, duplicates, seen = set(), 0, []
    queue = [(tree, 0)]
    while queue:
        group, level = queue.pop()
        levels.add(level)
        duplicates += group.get("isDuplicate", False)
        seen.append(group["groupId"])
        queue += [(child, level + 1) for child in group.get("subGroups", [])]
    assert (levels, duplicates, len(set(seen))) == ({0, 1, 2, 3}, 12, 55)


def test_the_administrator_is_admin_of_all_groups_but_two(admin: Caller) -> None:
    query = {"showDetails": "true", "fetchAllGroups": "true"}
    groups = admin.ok("GET", "groups", params=query)["groups"]
    other = {
        group["groupName"]: group.get("callerRole") for group in groups if group.get("callerRole") != "Admin"
    }
    assert other == {"Juazeiro – saúde da família": "Member", "Maji safi – water and hygiene": None}
    direct = admin.ok("GET", "groups")["groups"]
    assert (len(groups), len(direct), "userCount" in direct[0]) == (60, 59, False)


def test_members_are_added_promoted_and_removed_with_result_as_a_string(admin: Caller) -> None:
    group = admin.group("India programme")
    assert admin.ok("PUT", f"groups/{group}/members", {"Members": ["+91 98123 45678"]}) == {"result": "true"}
    found = admin.ok("GET", f"groups/{group}/members")["members"][-1]
    assert (found["mobileNumber"], found["role"], found["isProvisioned"]) == (
        "+919812345678",
        "Member",
        False,
    )
    path = f"groups/{group}/members/{found['id']}"
    assert admin.ok("PUT", path, {"role": "Admin"}) == {"result": "true"}
    assert admin.ok("GET", f"groups/{group}/members")["members"][-1]["role"] == "Admin"
    assert admin.ok("DELETE", path) == {"result": "true"}
    assert admin.call("DELETE", path).status_code == 404


def test_who_is_no_admin_cannot_change_members(admin: Caller) -> None:
    group = admin.group("Juazeiro – saúde da família")
    answer = admin.call("PUT", f"groups/{group}/members", {"members": ["+919812345678"]})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "Unauthorized")


def test_subscribers_get_a_result_each(admin: Caller) -> None:
    path = f"groups/{admin.public}/subscribers"
    added = admin.ok("PUT", f"{path}/add", {"subscribers": ["+919812345678", "+91"]})["result"]
    assert added["+919812345678"] == {"isAdded": True}
    assert added["+91"]["isAdded"] is False
    removed = admin.ok("PUT", f"{path}/remove", {"subscribers": ["+919812345678", "+14155550100"]})["result"]
    assert removed["+919812345678"] == {"isRemoved": True}
    assert removed["+14155550100"]["isRemoved"] is False


def test_groups_are_linked_and_unlinked_but_never_in_a_circle(admin: Caller) -> None:
    parent, child = admin.group("Kenya programme"), admin.group("Seed trials 2026")
    assert admin.ok("PUT", f"groups/{parent}/subGroups", {"subGroups": [child]}) == {"result": True}
    circle = admin.call("PUT", f"groups/{child}/subGroups", {"subGroups": [parent]})
    assert circle.json()["errorCode"] == "CircularHierarchy"
    assert admin.ok("DELETE", f"groups/{parent}/subGroups/{child}") == {"result": True}
    assert admin.call("DELETE", f"groups/{parent}/subGroups/{child}").status_code == 404


def test_a_killed_sandbox_starts_again_with_its_state(tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path, no_answers=True).start()
    caller = Caller(process)
    caller.ok("POST", f"groups/{caller.public}/messages", {"message": "kept", "sendToAllSubscribers": True})
    before = process.get("/sandbox/state")
    process.kill()
    with process.start():
        after = process.get("/sandbox/state")
        before.pop("now"), after.pop("now")
        assert after == before
        caller.ok("GET", "groups")
        assert process.get("/sandbox/ledger/summary", text="kept")["phones"] == 240

"""The sandbox's pages: a PIN, a phone, and nothing that a message could break out of."""

from __future__ import annotations

from tests.sandbox.caller import Caller


def page(admin: Caller, path: str) -> str:
    answer = admin.web.get(f"{admin.sandbox.url}{path}", timeout=20)
    assert answer.status_code == 200
    assert "script" not in answer.headers["Content-Security-Policy"]
    return answer.text


def test_the_overview_shows_the_pin_and_the_faults(admin: Caller) -> None:
    phone = admin.connector["refreshTokens"][0]["phone"]
    admin.ok(
        "POST", "generatePin", {"mobileNumber": phone, "applicationId": admin.connector["applicationId"]}
    )
    admin.sandbox.post("/sandbox/faults", kind="cut-after", operation="add_members")
    html = page(admin, "/")
    pin = admin.sandbox.get("/sandbox/pins")[0]["pin"]
    assert f'<span class="pin">{pin}</span>' in html
    assert '<td>add_members</td><td><span class="on">cut-after</span></td><td>always</td>' in html


def test_a_phone_shows_its_messages_escaped_and_newest_last(admin: Caller) -> None:
    first, second = admin.numbers(2)
    path = f"groups/{admin.public}/messages"
    admin.ok("POST", path, {"message": "for <b>one</b>", "subscribers": [first]})
    admin.ok("POST", path, {"message": "for all", "sendToAllSubscribers": True})
    shown = page(admin, f"/phones/{first}")
    assert 0 < shown.index("for &lt;b&gt;one&lt;/b&gt;") < shown.index("for all")
    other = page(admin, f"/phones/{second}")
    assert ("for all" in other, "&lt;b&gt;" in other) == (True, False)


def test_a_phone_is_found_by_number_and_name(admin: Caller) -> None:
    (number,) = admin.numbers(1)
    assert f'href="/phones/{number}"' in page(admin, f"/phones?q={number[4:]}")
    assert f'href="/phones/{number}"' in page(admin, "/phones?q=meera")
    assert "Nobody has such a number or name." in page(admin, "/phones?q=%22%3E%3Cb%3E")
    unknown = admin.web.get(f"{admin.sandbox.url}/phones/+911", timeout=20)
    assert unknown.status_code == 404


def test_a_phone_of_a_group_shows_polls_with_their_choices(admin: Caller) -> None:
    group = admin.group("India programme")
    body = {"question": "Seed?", "choices": [{"title": "Maize"}, {"title": "Rice"}]}
    admin.ok("POST", f"groups/{group}/actions", {"actionType": "Poll", "actionBody": body})
    members = admin.ok("GET", f"groups/{group}/members")["members"]
    number = next(member["mobileNumber"] for member in members if "mobileNumber" in member)
    shown = page(admin, f"/phones/{number}")
    assert '<div class="card-title" dir="auto">Seed?</div>' in shown
    assert [f'<span class="card-option">{title}</span>' in shown for title in ("Maize", "Rice")] == [
        True,
        True,
    ]
    assert '<div class="card-fact" dir="auto">Open for 30 days</div>' in shown

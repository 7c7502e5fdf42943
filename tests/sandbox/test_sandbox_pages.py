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


def test_a_person_answers_a_card_on_the_phone_and_may_change_it(admin: Caller) -> None:
    group = admin.group("India programme")
    questions = [
        {"title": "Rain?", "type": "SingleOption", "options": [{"title": "Yes"}, {"title": "No"}]},
        {"title": "Needs", "type": "MultiOption", "options": [{"title": "Seed"}, {"title": "Water"}]},
        {"title": "Acres", "type": "Numeric"},
        {"title": "Since", "type": "DateTime"},
        {"title": "Where", "type": "Location"},
        {"title": "Say <more>", "type": "Text"},
        {"title": "A picture", "type": "Image"},
    ]
    body = {"title": "Harvest", "questions": questions}
    sent = admin.ok("POST", f"groups/{group}/actions", {"actionType": "Survey", "actionBody": body})
    members = admin.ok("GET", f"groups/{group}/members")["members"]
    number = next(member["mobileNumber"] for member in members if "mobileNumber" in member)
    path = f"/phones/{number}/answers/{sent['actionId']}"
    assert f'href="{path}">Answer</a>' in page(admin, f"/phones/{number}")
    assert "Say &lt;more&gt;" in page(admin, path)
    given = {
        "q0": "Yes",
        "q1": ["Seed", "Water"],
        "q2": "2.5",
        "q3": "2026-11-01T10:30",
        "q4-lt": "18.5",
        "q4-lg": "73.8",
        "q5": "Thanks",
    }
    for rain in ("Yes", "No"):
        answer = admin.web.post(f"{admin.sandbox.url}{path}", data={**given, "q0": rain}, timeout=20)
        assert (answer.status_code, answer.url.endswith(f"/phones/{number}")) == (200, True)
    assert "Answered · answer again" in answer.text
    told = admin.ok("GET", f"groups/{group}/actions/{sent['actionId']}?getDetails=true")
    (response,) = told["actionDetails"]["responses"]
    answers = [row["answer"] for row in response["responseWithQuestions"]][:7]
    assert answers == [
        ["No"],
        ["Seed", "Water"],
        2.5,
        1_793_529_000_000,
        {"lt": 18.5, "lg": 73.8, "n": ""},
        "Thanks",
        None,
    ]


def test_a_phone_says_what_is_wrong_with_an_answer(admin: Caller) -> None:
    group = admin.group("India programme")
    body = {"question": "Seed?", "choices": [{"title": "Maize"}, {"title": "Rice"}]}
    sent = admin.ok("POST", f"groups/{group}/actions", {"actionType": "Poll", "actionBody": body})
    members = admin.ok("GET", f"groups/{group}/members")["members"]
    number = next(member["mobileNumber"] for member in members if "mobileNumber" in member)
    root = f"{admin.sandbox.url}/phones/{number}/answers"
    answer = admin.web.post(f"{root}/{sent['actionId']}", data={"choice": "Oats"}, timeout=20)
    assert (answer.status_code, "Choose one of the answers." in answer.text) == (400, True)
    assert admin.web.post(f"{root}/unknown", data={}, timeout=20).status_code == 404
    admin.sandbox.post("/sandbox/clock", advanceSeconds=40 * 86_400)
    answer = admin.web.post(f"{root}/{sent['actionId']}", data={"choice": "Rice"}, timeout=20)
    assert (answer.status_code, "The action has expired." in answer.text) == (400, True)
    admin.sandbox.post("/sandbox/clock", reset=True)

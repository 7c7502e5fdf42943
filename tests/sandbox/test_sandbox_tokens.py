"""Contract 3: PIN, refresh token, access token."""

from __future__ import annotations

import base64
import json

from tests.sandbox.caller import Caller

DAY = 86_400
EXPIRED = {
    "message": "Invalid token. Failure reason:Token validation failed due to unknown reason!",
    "errorCode": "InvalidToken",
    "errorCategoryKey": "AuthException",
}


def test_a_call_without_a_token_gets_the_recorded_error(admin: Caller) -> None:
    answer = admin.web.get(f"{admin.sandbox.url}/v1/groups", timeout=20)
    assert (answer.status_code, answer.json()) == (
        401,
        {
            "message": "Token missing. Header should have token as value of ACCESSTOKEN",
            "errorCode": "InvalidToken",
            "errorCategoryKey": "AuthException",
        },
    )


def test_an_access_token_dies_after_24_hours_and_the_refresh_token_brings_another(admin: Caller) -> None:
    admin.sandbox.post("/sandbox/clock", advanceSeconds=DAY - 60)
    admin.ok("GET", "groups")
    admin.sandbox.post("/sandbox/clock", advanceSeconds=120)
    answer = admin.call("GET", "groups")
    assert (answer.status_code, answer.json()) == (401, EXPIRED)
    admin.token = admin.sign_in().json()["accessToken"]
    admin.ok("GET", "groups")


def test_the_refresh_token_rotates_from_day_328_and_the_old_one_is_dead(admin: Caller) -> None:
    admin.sandbox.post("/sandbox/clock", advanceSeconds=327 * DAY)
    assert admin.sign_in().json()["refreshToken"] == ""
    admin.sandbox.post("/sandbox/clock", advanceSeconds=DAY)
    new = admin.sign_in().json()["refreshToken"]
    assert new not in ("", admin.refresh_token())
    assert admin.sign_in().json() == EXPIRED
    assert admin.sign_in(refreshToken=new).status_code == 200


def test_a_refresh_token_dies_after_365_days(admin: Caller) -> None:
    admin.sandbox.post("/sandbox/clock", advanceSeconds=365 * DAY)
    assert admin.sign_in().json() == EXPIRED


def test_a_wrong_secret_gets_the_recorded_error(admin: Caller) -> None:
    answer = admin.sign_in(applicationSecret="WRONG")
    assert (answer.status_code, answer.json()["message"], answer.json()["errorCode"]) == (
        401,
        "Dont have correct applicationId and secret in header!",
        "Unauthenticated",
    )


def test_a_token_looks_like_kaizalas(admin: Caller) -> None:
    body = admin.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    credentials = json.loads(claims["urn:microsoft:credentials"])
    assert claims["exp"] - claims["iat"] == DAY
    assert (claims["ver"], claims["iss"]) == ("2", "urn:microsoft:windows-azure:zumo")
    assert credentials["applicationId"] == admin.connector["applicationId"]


def test_a_pin_brings_a_refresh_token_once_and_kills_the_one_before(officer: Caller) -> None:
    phone = officer.connector["refreshTokens"][1]["phone"]
    body = {"mobileNumber": phone, "applicationId": officer.connector["applicationId"]}
    assert officer.ok("POST", "generatePin", body) == {}
    pin = officer.sandbox.get("/sandbox/pins")[0]["pin"]
    wrong = "0000" if pin != "0000" else "1111"
    login = "loginWithPinAndApplicationId"
    assert officer.call("POST", login, body | {"pin": wrong}).json()["errorCode"] == "InvalidPin"
    granted = officer.ok("POST", login, body | {"pin": int(pin)})
    assert sorted(granted) == ["endpointUrl", "grantedScope", "refreshToken", "refreshTokenExpiry"]
    assert officer.call("POST", login, body | {"pin": pin}).json()["errorCode"] == "InvalidPin"
    assert officer.sign_in().json() == EXPIRED
    assert officer.sign_in(refreshToken=granted["refreshToken"]).status_code == 200


def test_a_group_token_reaches_its_group_alone_and_creates_sub_groups(group_token: Caller) -> None:
    own = group_token.connector["refreshTokens"][2]["groupId"]
    assert [group["groupId"] for group in group_token.ok("GET", "groups")["groups"]] == [own]
    assert group_token.call("GET", f"groups/{group_token.public}").status_code == 403
    made = group_token.ok("POST", "groups", {"name": "New", "welcomeMessage": "Hi", "members": []})
    assert (made["groupName"], made["membersAdded"], made["isAddedAsSubGroup"]) == ("New", True, True)
    below = group_token.ok("GET", f"groups/{own}/subGroups")["subGroups"]
    assert made["groupId"] in [group["groupId"] for group in below]


def test_only_a_tenant_level_token_creates_a_connect_group(admin: Caller, officer: Caller) -> None:
    wanted = {"name": "News", "welcomeMessage": "Hi", "groupType": "connectGroup"}
    assert officer.call("POST", "groups", wanted).status_code == 403
    assert "isAddedAsSubGroup" not in admin.ok("POST", "groups", wanted)

"""Contract 1.6: what the parser takes."""

from __future__ import annotations

from typing import Any

import pytest

from kaizala_admin.sandbox.errors import ApiError
from kaizala_admin.sandbox.lenient import parse
from tests.sandbox.caller import Caller


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"message": "hi"}', {"message": "hi"}),
        ("{message: 'it''s'}", None),
        (
            "{message: 'hi', subscribers: ['+911', \"+912\",]}",
            {"message": "hi", "subscribers": ["+911", "+912"]},
        ),
        ("{'a': True, 'b': False, 'c': None}", {"a": True, "b": False, "c": None}),
        ("{a: -1.5e3, b: 7, c: survey}", {"a": -1500.0, "b": 7, "c": "survey"}),
        ("{'x': 'say \"yes\"\\n', y: \"it's\"}", {"x": 'say "yes"\n', "y": "it's"}),
        ("{'x': '\\u0939\\u093e \\'q\\''}", {"x": "हा 'q'"}),
        ("[{}, [], {a: {b: []}}]", [{}, [], {"a": {"b": []}}]),
        ("{", None),
        ("{a 1}", None),
        ("[" * 5000, None),
    ],
)
def test_bodies_are_read_as_leniently_as_kaizala_did(text: str, value: Any) -> None:
    if value is None:
        with pytest.raises(ApiError) as refused:
            parse(text.encode())
        assert refused.value.status == 400
    else:
        assert parse(text.encode()) == value


def test_any_case_of_keys_enums_and_routes_and_both_forms_of_ids_work(admin: Caller) -> None:
    name = "India programme"
    group = admin.group(name)
    shown = admin.ok("GET", f"GROUPS/{group.replace('@', '%40')}")
    assert shown["groups"][0]["groupName"] == name
    assert admin.ok("GET", f"groups/{group}/SubGroups") == admin.ok("GET", f"groups/{group}/subgroups")
    made = admin.ok(
        "POST", f"groups/{group}/subgroups", "{'Name': 'X', WELCOMEMESSAGE: 'Hi', grouptype: 'GROUP'}"
    )
    assert made["groupName"] == "X"
    admin.ok("POST", f"groups/{group}/messages", "{Message: 'hello'}")


def test_a_broken_body_gets_400_and_a_wrong_verb_405(admin: Caller) -> None:
    group = admin.group("India programme")
    assert admin.call("POST", f"groups/{group}/messages", "{message: ").json()["errorCode"] == "InvalidJson"
    assert admin.call("PATCH", "groups").status_code == 405
    assert admin.call("GET", "nonsense").status_code == 404

"""Whatever Kaizala answers, reading it ends in a result or in an error of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizala_admin.kaizala import KaizalaError
from kaizala_admin.kaizala.auth import read_access, read_login
from kaizala_admin.kaizala.results.actions import read_action_details, read_action_page
from kaizala_admin.kaizala.results.groups import read_created_group, read_groups, read_one_group, read_tree
from kaizala_admin.kaizala.results.people import read_members, read_subscriber_page, read_subscriber_results
from kaizala_admin.kaizala.results.reactions import read_reaction_summaries, read_reactions
from kaizala_admin.kaizala.results.reading import lowered, moment, whole
from kaizala_admin.kaizala.results.sending import read_sent
from kaizala_admin.kaizala.results.webhooks import read_webhooks

READERS: list[Callable[[Mapping[str, Any]], object]] = [
    lambda body: read_access(body, "https://api.kaiza.la"),
    read_login,
    lambda body: read_action_details(body, "a"),
    read_action_page,
    lambda body: read_created_group(body, "n"),
    read_groups,
    lambda body: read_one_group(body, "g"),
    lambda body: read_tree(body, "g"),
    read_members,
    read_subscriber_page,
    lambda body: read_subscriber_results(body, ["+919876543212"]),
    read_reaction_summaries,
    read_reactions,
    read_sent,
    read_webhooks,
]

KEYS = [
    "groups",
    "subGroups",
    "groupId",
    "groupName",
    "userCount",
    "isDuplicate",
    "members",
    "subscribers",
    "id",
    "mobileNumber",
    "role",
    "cursor",
    "result",
    "isAdded",
    "reason",
    "referenceId",
    "actionId",
    "failedResult",
    "subscriber",
    "actions",
    "actionType",
    "actionBody",
    "sentAt",
    "creationTime",
    "hasMore",
    "actionDetails",
    "responses",
    "responseDetails",
    "response",
    "responseWithQuestions",
    "answers",
    "answer",
    "questions",
    "options",
    "title",
    "webhooks",
    "events",
    "validity",
    "ts",
    "active",
    "summary",
    "reactionsCountMap",
    "like",
    "reactionDetails",
    "lastModifiedTime",
    "accessToken",
    "accessTokenExpiry",
    "refreshToken",
    "+919876543212",
]

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=8)
    | st.sampled_from(["true", "False", "2017-12-01T10:30:00Z", "1e400", "g", "a"])
)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6))
def test_any_answer_is_read_or_refused_in_our_words(body: dict[str, Any]) -> None:
    for read in READERS:
        with suppress(KaizalaError):
            read(lowered(body))


@pytest.mark.parametrize(
    "number", [Decimal("1e999999999"), Decimal("NaN"), Decimal("Infinity"), 1e400, True, "x", []]
)
def test_a_number_that_is_none_or_too_long_is_not_read(number: object) -> None:
    assert whole(number) is None


@pytest.mark.parametrize(
    "when",
    [
        10**400,
        -(10**400),
        1e308,
        -1,
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.9999999Z",
        "",
        {},
        None,
    ],
)
def test_a_time_beyond_the_calendar_is_not_read(when: object) -> None:
    assert moment(when) is None


def test_a_group_of_300000_members_is_read_within_seconds() -> None:
    member = {
        "id": "p-1@1",
        "role": "Member",
        "mobileNumber": "+919876543212",
        "isProvisioned": True,
        "name": "A",
    }
    body = json.loads(json.dumps({"members": [member] * 300_000}))
    assert len(read_members(body)) == 300_000

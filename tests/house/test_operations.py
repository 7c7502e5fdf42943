"""Each of the 28 operations, and the extras that we want, is called by the console itself."""

import re
from pathlib import Path

from kaizala_admin.kaizala import KaizalaClient

ROOT = Path(__file__).resolve().parents[2]

# (number, the client's method, where the console calls it)
OPERATIONS = [
    ("1", "generate_pin", "kaizala_admin/connectors/granting.py"),
    ("2", "get_refresh_token", "kaizala_admin/connectors/granting.py"),
    ("3", "generate_access_token", "kaizala_admin/connectors/tokens.py"),
    ("4", "create_group", "groups/changes/operations/creating.py"),
    ("5", "fetch_groups", "groups/sync/fetching.py"),
    ("6", "fetch_group", "groups/sync/fetching.py"),
    ("7", "create_subgroup", "groups/changes/operations/creating.py"),
    ("8", "add_subgroups", "groups/changes/operations/graph.py"),
    ("9", "fetch_subgroups", "groups/sync/fetching.py"),
    ("10", "remove_subgroup", "groups/changes/operations/graph.py"),
    ("11", "add_members", "groups/changes/operations/members.py"),
    ("12", "fetch_members", "groups/sync/fetching.py"),
    ("13", "remove_member", "groups/changes/operations/members.py"),
    ("14", "fetch_subscribers", "groups/sync/fetching.py"),
    ("15", "add_subscribers", "groups/changes/operations/subscribers.py"),
    ("16", "remove_subscribers", "groups/changes/operations/subscribers.py"),
    ("17", "upload_media", "messaging/media/uploading.py"),
    ("18", "send_message_to_subscribers", "messaging/kinds/text.py"),
    ("19", "post_survey_response", "surveys/calls.py"),
    ("20", "post_action_response", "surveys/calls.py"),
    ("21", "send_message", "messaging/kinds/text.py"),
    ("22", "send_action_to_subscribers", "messaging/kinds/base.py"),
    ("23", "fetch_action", "surveys/sync/fetching.py"),
    ("24", "fetch_actions", "surveys/sync/fetching.py"),
    ("25", "send_action", "messaging/kinds/base.py"),
    ("26", "fetch_webhooks", "kaizala_admin/webhooks/calling.py"),
    ("27", "subscribe_webhook", "kaizala_admin/webhooks/calling.py"),
    ("28", "unsubscribe_webhook", "kaizala_admin/webhooks/calling.py"),
    ("extra", "update_webhook", "kaizala_admin/webhooks/calling.py"),
    ("extra", "set_member_role", "groups/changes/operations/members.py"),
    ("extra", "send_reminder", "surveys/calls.py"),
]
NOT_YET: frozenset[str] = frozenset()  # methods that nothing calls yet; this list only shrinks


def is_called(method: str, path: str) -> bool:
    file = ROOT / path
    return file.exists() and bool(re.search(rf"\.{method}\b", file.read_text(encoding="utf-8")))


def test_every_operation_is_in_use_where_this_table_says() -> None:
    missing = {method for _number, method, path in OPERATIONS if not is_called(method, path)}
    assert missing == NOT_YET


def test_the_table_names_the_28_operations_and_methods_that_the_client_has() -> None:
    numbers = [number for number, _method, _path in OPERATIONS if number != "extra"]
    assert numbers == [str(number) for number in range(1, 29)]
    assert [method for _number, method, _path in OPERATIONS if not hasattr(KaizalaClient, method)] == []

"""Every operation with its verb, path and client name (contract, the table of 28 and the extras)."""

from __future__ import annotations

from kaizala_admin.sandbox.router import route
from kaizala_admin.sandbox.routes import auth, groups, members, messages, subscribers

ROUTES = [
    route("POST", "generatePin", "generate_pin", auth.generate_pin, open=True),
    route("POST", "loginWithPinAndApplicationId", "get_refresh_token", auth.get_refresh_token, open=True),
    route("GET", "accessToken", "generate_access_token", auth.generate_access_token, open=True),
    route("POST", "groups", "create_group", groups.create_group),
    route("GET", "groups", "fetch_groups", groups.fetch_groups),
    route("GET", "groups/*", "fetch_group", groups.fetch_group),
    route("POST", "groups/*/subGroups", "create_subgroup", groups.create_subgroup),
    route("PUT", "groups/*/subGroups", "add_subgroups", groups.add_subgroups),
    route("GET", "groups/*/subGroups", "fetch_subgroups", groups.fetch_subgroups),
    route("DELETE", "groups/*/subGroups/*", "remove_subgroup", groups.remove_subgroup),
    route("PUT", "groups/*/members", "add_members", members.add_members),
    route("GET", "groups/*/members", "fetch_members", members.fetch_members),
    route("DELETE", "groups/*/members/*", "remove_member", members.remove_member),
    route("PUT", "groups/*/members/*", "set_member_role", members.set_member_role),
    route("POST", "groups/*/subscribers", "fetch_subscribers", subscribers.fetch_subscribers),
    route("GET", "groups/*/subscribers", "fetch_subscribers", subscribers.fetch_subscribers),
    route("PUT", "groups/*/subscribers/add", "add_subscribers", subscribers.add_subscribers),
    route("PUT", "groups/*/subscribers/remove", "remove_subscribers", subscribers.remove_subscribers),
    route("POST", "groups/*/messages", "send_message", messages.send_message),
]

"""Calls that customers were seen to make and no reference describes.

Profile, search, bots (contract 4 and 13).
"""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import access, graph
from kaizala_admin.sandbox.clock import milliseconds
from kaizala_admin.sandbox.errors import forbidden, not_found, server_error
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.ids import new_id
from kaizala_admin.sandbox.tokens import SCOPE
from kaizala_admin.sandbox.world import Call


def fetch_me(call: Call) -> dict[str, Any]:
    """The caller's profile (the real body is not recorded)."""
    sql = (
        "SELECT guid, coalesce(number, ''), coalesce(name, ''), coalesce(picture, '') FROM people "
        "WHERE id = ?"
    )
    guid, number, name, picture = call.store.one(sql, (call.grant.person_id,))
    return {"id": guid, "mobileNumber": number, "name": name, "profilePic": picture}


def find_groups(call: Call) -> dict[str, Any]:
    """Groups of the tenant by a part of their name (the real body is not recorded)."""
    if call.grant.kind != "tenant":
        raise forbidden("This needs a tenant-level token.")
    query = Fields(call.query)
    first, size = query.whole("resultsoffset", 0), query.whole("pagesize", 10)
    found = access.all_groups(call.store, "tenant_id = ?", (call.grant.tenant_id,))
    wanted = query.text("query").lower()
    named = [group for group in found if wanted in group.name.lower()]
    return {"groups": [graph.brief(call.store, group) for group in named[first : first + size]]}


def create_bot(call: Call) -> dict[str, Any]:
    """Make a bot, which is a user of its own."""
    guid, body = new_id(), call.body
    sql = (
        "INSERT INTO people (guid, number, name, picture, provisioned, card) VALUES (?, NULL, ?, ?, 1, '{}')"
    )
    name, picture = body.required("name"), body.text("profilepic")
    with call.store.transaction():
        person = call.store.run(sql, (guid, name, picture)).lastrowid
        sql = "INSERT INTO bots (id, guid, name, picture, tenant_id, creator_id) VALUES (?, ?, ?, ?, ?, ?)"
        call.store.run(sql, (person, guid, name, picture, call.grant.tenant_id, call.grant.person_id))
    return {"botUserId": guid}


def fetch_bots(call: Call) -> dict[str, Any]:
    """The tenant's bots."""
    sql = """SELECT b.guid, b.name, b.picture, t.guid, u.guid, coalesce(u.number, ''), coalesce(u.name, ''),
      coalesce(u.picture, '') FROM bots b JOIN tenants t ON t.id = b.tenant_id JOIN people u
        ON u.id = b.creator_id
      WHERE b.tenant_id = ? ORDER BY b.id"""
    names = [
        "botUserId",
        "name",
        "profilePic",
        "tenantId",
        "creatorId",
        "creator",
        "creatorName",
        "creatorProfilePic",
    ]
    rows = call.store.all(sql, (call.grant.tenant_id,))
    return {"bots": [dict(zip(names, row, strict=True)) | {"status": "Active"} for row in rows]}


def rename_bot(call: Call) -> dict[str, Any]:
    """Give a bot another name."""
    name, bot = call.body.required("name"), _bot(call, call.ids[0])
    call.store.run("UPDATE bots SET name = ? WHERE id = ?", (name, bot))
    call.store.run("UPDATE people SET name = ? WHERE id = ?", (name, bot))
    return {"result": True}


def delete_bot(call: Call) -> dict[str, Any]:
    """Take a bot away, also out of its groups."""
    bot = _bot(call, call.ids[0])
    call.store.forget()
    call.store.run("DELETE FROM group_bots WHERE bot_id = ?", (bot,))
    call.store.run("DELETE FROM bots WHERE id = ?", (bot,))
    return {"result": True}


def bot_token(call: Call) -> dict[str, Any]:
    """An access token that speaks for the bot; the refusal is the recorded one."""
    sql = "SELECT id FROM bots WHERE guid = ? AND tenant_id = ?"
    bot = call.store.value(sql, (call.ids[0], call.grant.tenant_id))
    if bot is None:
        raise server_error("Not able to get bot user details. Please try again later!")
    tokens = call.world.tokens
    token, expires = tokens.new_access_token(
        tokens.new_refresh_token(call.grant.connector_id, "user", int(bot))
    )
    return {"accessToken": token, "accessTokenExpiry": milliseconds(expires), "scope": SCOPE}


def add_bot(call: Call) -> dict[str, Any]:
    """Let a bot post in a group; it is not listed among the members, as customers found."""
    group = access.named_group(call)
    access.need_admin(call, group)
    bot = _bot(call, call.body.required("botuserid"))
    call.store.forget()
    call.store.run("INSERT OR IGNORE INTO group_bots VALUES (?, ?)", (group.id, bot))
    return {"result": True}


def _bot(call: Call, guid: str) -> int:
    sql = "SELECT id FROM bots WHERE guid = ? AND tenant_id = ?"
    found = call.store.value(sql, (guid, call.grant.tenant_id))
    if found is None:
        raise not_found("The bot")
    return int(found)

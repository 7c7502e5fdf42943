"""GET /: the organisation, its PINs, connectors and faults, and the way to everything else."""

from __future__ import annotations

from html import escape
from typing import Any

from aiohttp import web

from kaizala_admin.sandbox import ledger
from kaizala_admin.sandbox.control import state
from kaizala_admin.sandbox.control.views import pins
from kaizala_admin.sandbox.pages.render import link, page, rows, template
from kaizala_admin.sandbox.store import FOREVER, MEMBER, Store
from kaizala_admin.sandbox.world import World


def overview(world: World) -> web.Response:
    """Return the page; it looks again every 15 seconds."""
    found = state.state(world)
    content = template("overview.html").substitute(
        tenant=escape(found["tenants"][0]["name"]),
        tiles=_tiles(found["counts"]),
        pins=_pins(world),
        faults=_faults(world),
        public=_public(found["publicGroups"]),
        connectors=_connectors(found["connectors"]),
        groups=_groups(world.store),
        messages=_messages(world.store),
        root=escape(world.root),
    )
    return page("Overview", content, 15)


def _tiles(counts: dict[str, int]) -> str:
    return "".join(
        f'<div class="tile"><b>{count:,}</b><span>{escape(name)}</span></div>'
        for name, count in counts.items()
    )


def _pins(world: World) -> str:
    found = [
        (
            f'<span class="pin">{escape(pin["pin"])}</span>',
            link(f"/phones/{pin['mobileNumber']}", pin["mobileNumber"]),
            f"<time>{escape(pin['at'][11:16])}</time>",
        )
        for pin in pins(world)[:8]
    ]
    return rows(found, "No PIN has been asked for.", 3)


def _faults(world: World) -> str:
    found = [
        (escape(rule.operation), f'<span class="on">{escape(rule.kind)}</span>', _times(rule.times))
        for rule in world.faults.rules
    ]
    return rows(found, "None: every call is answered as it should be.", 3)


def _times(times: int | None) -> str:
    return "always" if times is None else str(times or "used up")


def _public(groups: list[dict[str, Any]]) -> str:
    found = [
        (
            _named(group["name"], group["groupId"]),
            f"{group['subscribers']:,}",
        )
        for group in groups
    ]
    return rows(found, "There is none.", 2)


def _connectors(connectors: list[dict[str, Any]]) -> str:
    found = [
        (
            escape(item["name"]),
            f"<code>{escape(item['applicationId'])}</code><br><code>{escape(item['applicationSecret'])}</code>",
            str(item["callsPerMinute"]),
        )
        for item in connectors[:20]
    ]
    return rows(found, "There is none.", 3)


def _groups(store: Store) -> str:
    sql = """SELECT g.name, g.guid, (SELECT count(*) FROM places p WHERE p.group_id = g.id AND p.kind = ?
      AND p.gone = ?)
      FROM groups g WHERE g.type = 'Group' ORDER BY g.id LIMIT 60"""
    found = [
        (_named(name, guid), f"{members:,}") for name, guid, members in store.all(sql, (MEMBER, FOREVER))
    ]
    return rows(found, "There is none.", 2)


def _named(name: str, guid: str) -> str:
    return f'<span dir="auto">{escape(name)}</span><br><code class="soft">{escape(guid)}</code>'


def _messages(store: Store) -> str:
    ledger.count_deliveries(store.db)
    sql = """SELECT m.text, g.name, m.reached FROM messages m JOIN groups g ON g.id = m.group_id
      ORDER BY m.id DESC LIMIT 10"""
    found = [
        (f'<span dir="auto">{escape(text[:120])}</span>', escape(name), f"{reached or 0:,}")
        for text, name, reached in store.all(sql)
    ]
    return rows(found, "Nothing has been sent yet.", 3)

"""GET /phones and GET /phones/{number}: find somebody, and see what that phone shows."""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

from html import escape
from typing import Any

from aiohttp import web

from kaizala_admin.sandbox.pages.answering import takes_answers
from kaizala_admin.sandbox.pages.bubbles import bubble
from kaizala_admin.sandbox.pages.render import link, page, rows, template
from kaizala_admin.sandbox.store import FOREVER, Store
from kaizala_admin.sandbox.world import World

LISTED, SHOWN = 50, 60
_REACHED = """SELECT m.id FROM named n JOIN messages m ON m.id = n.message_id WHERE n.person_id = :person
  UNION SELECT m.id FROM places p JOIN messages m ON m.group_id = p.group_id AND p.joined < m.id
    AND p.gone >= m.id
    AND (m.audience = 'group' OR (m.audience = 'subscribers' AND p.kind = 1)) WHERE p.person_id = :person"""
_SHOWN = f"""SELECT m.text, m.kind, m.sent_at, g.name, a.body, (a.due_at - a.sent_at) / 3600, a.guid, a.kind,
  (SELECT count(*) FROM responses r WHERE r.action_id = a.id AND r.person_id = :person)
  FROM messages m JOIN groups g ON g.id = m.group_id
  LEFT JOIN actions a ON a.id = m.action_id WHERE m.id IN ({_REACHED}) ORDER BY m.id DESC LIMIT {SHOWN}"""


def find(world: World, query: str) -> web.Response:
    """Return the page that finds a phone by a part of its number or name."""
    people = _found(world.store, query.strip())
    note = f'<p class="soft">The first {LISTED} are shown.</p>' if len(people) == LISTED else ""
    found = [_listed(*person) for person in people]
    content = template("phones.html").substitute(
        query=escape(query), people=rows(found, "Nobody has such a number or name.", 3), note=note
    )
    return page("Phones", content)


def _found(store: Store, query: str) -> list[Any]:
    sql = "SELECT number, name, provisioned FROM people WHERE number IS NOT NULL"
    if not query:
        return store.all(f"{sql} ORDER BY id LIMIT {LISTED}")
    word = query.replace("%", "").replace("_", "")
    digits = word.replace(" ", "")
    sql = f"{sql} AND (number LIKE ? OR name LIKE ?) ORDER BY id LIMIT {LISTED}"
    return store.all(sql, (f"%{digits}%", f"%{word}%"))


def _listed(number: str, name: str | None, provisioned: int) -> tuple[str, ...]:
    state = "installed" if provisioned else "invited, not installed"
    return link(f"/phones/{number}", number), f'<span dir="auto">{escape(name or "–")}</span>', state


def phone(world: World, number: str) -> web.Response:
    """Return what one phone shows, newest last; 404 when nobody has the number."""
    store = world.store
    sql = "SELECT id, name FROM people WHERE number = ?"
    person = store.one(sql, (number,))
    if person is None:
        return _nobody(number)
    newest_first = store.db.execute(_SHOWN, {"person": person[0]}).fetchall()
    bubbles = "".join(
        bubble(*message[:6], below=_to_answer(number, *message[6:])) for message in reversed(newest_first)
    )
    content = template("phone.html").substitute(
        number=escape(number),
        name=escape(person[1] or "No name"),
        initial=escape((person[1] or "?")[0]),
        bubbles=bubbles or '<p class="empty">No message yet.</p>',
        groups=_groups(store, person[0]),
    )
    return page(number, content, 5)


def _to_answer(number: str, action: str | None, kind: str | None, answered: int) -> str:
    if not action or not takes_answers(kind or ""):
        return ""
    word = "Answer" if not answered else "Answered · answer again"
    return f'<a class="card-answer" href="/phones/{escape(number)}/answers/{escape(action)}">{word}</a>'


def _nobody(number: str) -> web.Response:
    answer = page(
        "Nobody", f"<h1>Nobody has the number {escape(number)}</h1><p>{link('/phones', 'Find a phone')}</p>"
    )
    answer.set_status(404)
    return answer


def _groups(store: Store, person_id: int) -> str:
    sql = "SELECT kind, count(*) FROM places WHERE person_id = ? AND gone = ? GROUP BY kind"
    counts: dict[int, int] = dict(store.all(sql, (person_id, FOREVER)))
    return f"in {counts.get(0, 0)} groups, follows {counts.get(1, 0)} public groups"

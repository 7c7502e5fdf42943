"""People who answer by themselves: a share of those who got an action, after a while and one after the other.

Who answers, and what, depends on the seed, the action and the person alone. About sixty people a second are
asked, so an action to 20,000 fills over minutes, and pushing the clock forward brings the answers at once.
"""

# ruff: noqa: S608 - only this package's own words are joined into SQL, values are bound

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from kaizala_admin.sandbox.actions import Action, find_actions
from kaizala_admin.sandbox.ids import new_guid
from kaizala_admin.sandbox.ledger import PEOPLE_OF
from kaizala_admin.sandbox.phrases import answer_question, spot
from kaizala_admin.sandbox.responding import respond
from kaizala_admin.sandbox.world import World

ASKED = 60
TICK = 1.0
_MOST_STEPS = 50
LIKES = 0.2


class Answers:
    """The loop behind it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to answer."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            steps = 0
            while self.world.options.answers and steps < _MOST_STEPS and answer_some(self.world):
                steps += 1
                await asyncio.sleep(0)
            await asyncio.sleep(0.25)


def answer_some(world: World) -> bool:
    """Let the next people of the most overdue action answer; False when nothing is due."""
    store = world.store
    sql = "SELECT action_id, next_at, after_person FROM answering WHERE next_at <= ? ORDER BY next_at LIMIT 1"
    due = store.one(sql, (world.clock.now(),))
    if due is None:
        return False
    action_id, next_at, after = due
    found = find_actions(store, "a.id = ?", (action_id,))
    people = _asked(world, found[0], after) if found else []
    with store.transaction():
        for person_id, country, provisioned in people:
            if provisioned:
                _maybe_answer(world, found[0], person_id, country)
        _remember(world, action_id, next_at, people)
    return True


def _asked(world: World, action: Action, after: int) -> list[Any]:
    if action.kind == "Job":
        numbers = action.body["assignedTo"]
        meant = f"SELECT id FROM people WHERE number IN ({', '.join('?' * len(numbers))})"
        values = [after, *numbers]
    else:
        meant, values = PEOPLE_OF[action.audience], [after]
        meant = meant.replace(":id", str(action.message_id)).replace(":group", str(action.group_id))
    sql = (
        f"SELECT id, country, provisioned FROM people WHERE id > ? AND id IN ({meant}) "
        f"ORDER BY id LIMIT {ASKED}"
    )
    return world.store.all(sql, values)


def _remember(world: World, action_id: int, next_at: float, people: list[Any]) -> None:
    if len(people) < ASKED:
        world.store.run("DELETE FROM answering WHERE action_id = ?", (action_id,))
    else:
        sql = "UPDATE answering SET next_at = ?, after_person = ? WHERE action_id = ?"
        world.store.run(sql, (next_at + TICK, people[-1][0], action_id))


def _maybe_answer(world: World, action: Action, person_id: int, country: str) -> None:
    chance = Random(f"{world.options.seed}:{action.id}:{person_id}")  # noqa: S311 - repeatable people, not secrets
    if person_id == action.sender_id or chance.random() >= world.options.share:
        return
    point = spot(country, chance) if chance.random() < 0.5 else None
    place = point and {"latitude": point["lt"], "longitude": point["lg"], "name": point["n"]}
    respond(world, action, person_id, _answer(world, action, country, chance), place)
    if chance.random() < LIKES:
        _like(world, action, person_id)


def _answer(world: World, action: Action, country: str, chance: Random) -> Any:
    body = action.body
    if action.kind == "Job":
        return {"isCompleted": True}
    if action.kind == "Poll":
        return {"choice": chance.choice(body["choices"])["title"]}
    if action.kind == "LetsMeet":
        return {"status": chance.choice(("Yes", "Yes", "No", "Maybe"))}
    return [answer_question(world, question, country, chance) for question in body["questions"]]


def _like(world: World, action: Action, person_id: int) -> None:
    sql = """INSERT INTO reactions (guid, group_id, reference_id, person_id, type, at)
      VALUES (?, ?, ?, ?, 'Like', ?)"""
    values = (new_guid(), action.group_id, action.reference_id, person_id, world.clock.now())
    world.store.run(sql, values)

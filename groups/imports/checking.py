"""One row of a sheet, judged: to do, already so, a repetition, or wrong; and why."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from groups.models import Member, Subscriber
from groups.reading.numbers import normalise
from groups.reading.sheets import Row

from . import columns
from .columns import CHILD, GROUP, NUMBER, PARENT, ROLE
from .models import ImportRow, ImportRun
from .places import Graph, Place, Places

Action, State, Problem = ImportRow.Action, ImportRow.State, ImportRow.Problem
READY, DUPLICATE, WRONG = State.READY.value, State.DUPLICATE.value, State.WRONG.value
THERE = State.THERE.value
FIELDS = (
    "run", "line", "action", "group", "other", "mobile_number", "role", "state", "problem", "column", "given",
    "cells", "change_id", "reason", "joined",
)  # fmt: skip
OF_GROUPS = (Action.LINK, Action.UNLINK)
Kind = ImportRun.Kind
ACTIONS = {
    Kind.REMOVE: Action.REMOVE,
    Kind.LEAVE: Action.REMOVE,
    Kind.LINKS: Action.LINK,
    Kind.UNLINK: Action.UNLINK,
}
MOST_HELD = 100_000  # people of the mirror that one reader holds: some 15 MB
LONGEST = 16  # characters of a number with its "+"
MOST_CELLS = 4_000  # characters that are kept of a wrong row
SORTS = {"member": 0, "admin": 1 << 50, "subscriber": 2 << 50}  # above every number: 15 digits at most
_MARKS = ("'", "=")
_FORMULA = re.compile(r'="([^"]*)"')


@dataclass(slots=True)
class Judged:
    """A row as it will be stored. `group` and `other` are primary keys."""

    line: int
    action: str
    state: str = READY
    group: int | None = None
    other: int | None = None
    number: str = ""
    role: str = ""
    problem: str = ""
    column: str = ""
    given: str = ""
    cells: str = ""

    def values(self, run_id: int) -> tuple[Any, ...]:
        """In the order of FIELDS."""
        return (
            run_id, self.line, self.action, self.group, self.other, self.number, self.role, self.state,
            self.problem, self.column, self.given, self.cells, None, "", False,
        )  # fmt: skip


class Judge:
    """Judges rows one after the other; remembers each number it has seen as one whole number."""

    def __init__(self, run: ImportRun, places: Places, graph: Graph | None = None) -> None:
        self.run, self.places, self.graph = run, places, graph
        self.at = {name: int(place) for name, place in run.columns.items()}
        self.region = run.region
        self.seen: set[int] = set()
        self.present = Present()
        self.one = self._one_group()
        self.action = ACTIONS.get(Kind(run.kind), Action.ADD).value
        self.role = "subscriber" if run.subscribers else "member"

    def _one_group(self) -> Place | None:
        group = self.run.group
        return Place(group.pk, self.run.subscribers, group.synced_at is not None) if group else None

    def judge(self, rows: Iterable[Row]) -> Iterator[Judged]:
        """Rows with what they come to; who is there already is looked up afterwards (`settle_present`)."""
        judge = self._link if self.action in OF_GROUPS else self._person
        for line, cells in rows:
            yield judge(line, cells)

    def _cell(self, cells: list[str], name: str) -> str:
        place = self.at.get(name, -1)
        text = cells[place] if 0 <= place < len(cells) else ""
        if text[:1] not in _MARKS:
            return text
        if text.startswith("'"):
            text = text[1:]  # our own file of rejected rows marks formulas so
        if text.startswith("="):
            match = _FORMULA.fullmatch(text)  # how spreadsheets are told to leave a number alone
            return match.group(1) if match else text
        return text

    def _wrong(self, line: int, cells: list[str], column: str, problem: str, **known: Any) -> Judged:
        given = self._cell(cells, column)[:100].replace("\0", "")
        return Judged(
            line,
            self.action,
            WRONG,
            problem=problem,
            column=column,
            given=given,
            cells=_kept(cells, self.at.values()),
            **known,
        )

    def _person(self, line: int, cells: list[str]) -> Judged:
        place, role = self.one, self.role
        if place is None:
            place, problem = self.places.find(self._cell(cells, GROUP))
            if problem:
                return self._wrong(line, cells, GROUP, problem)
            assert place is not None
            role, problem = self._role(place, cells)
            if problem:
                return self._wrong(line, cells, ROLE, problem, group=place.key)
            if self.action == Action.REMOVE and not place.known:
                return self._wrong(line, cells, GROUP, Problem.NOT_SYNCED, group=place.key)
        given = self._cell(cells, NUMBER)
        if not given:
            return self._wrong(line, cells, NUMBER, Problem.NO_NUMBER, group=place.key)
        number, problem = normalise(given, self.region)
        if problem:
            return self._wrong(line, cells, NUMBER, problem, group=place.key)
        key = (place.key << 55) | SORTS[role] | int(number[1:])
        if key in self.seen or (role == "member" and key | SORTS["admin"] in self.seen):
            return Judged(
                line, self.action, DUPLICATE, place.key, None, number, role, "duplicate", NUMBER, given[:100]
            )
        self.seen.add(key)
        return Judged(line, self.action, READY, place.key, None, number, role)

    def _role(self, place: Place, cells: list[str]) -> tuple[str, str]:
        text = self._cell(cells, ROLE)
        if not text:
            return "subscriber" if place.public else "member", ""
        role = columns.role_of(text)
        if not role:
            return "", Problem.NO_ROLE
        if self.action == Action.REMOVE and role == "admin":
            role = "member"  # who leaves is looked up, with the role that he or she has
        return role, Problem.NOT_PUBLIC if role == "subscriber" and not place.public else ""

    def _link(self, line: int, cells: list[str]) -> Judged:
        assert self.graph is not None
        parent, problem = self.places.find(self._cell(cells, PARENT))
        if problem:
            return self._wrong(line, cells, PARENT, problem)
        child, problem = self.places.find(self._cell(cells, CHILD))
        if child is None:
            return self._wrong(line, cells, CHILD, problem)
        assert parent is not None
        key = (parent.key << 55) | child.key
        both: dict[str, Any] = {"group": parent.key, "other": child.key}
        if key in self.seen:
            return Judged(line, self.action, DUPLICATE, **both, problem="duplicate", column=CHILD)
        self.seen.add(key)
        is_linked = self.graph.has(parent.key, child.key)
        if is_linked == (self.action == Action.LINK):
            return Judged(line, self.action, THERE, **both)
        if is_linked:
            self.graph.remove(parent.key, child.key)
        elif self.graph.rings(parent.key, child.key):
            return self._wrong(line, cells, CHILD, Problem.RING, **both)
        else:
            self.graph.add(parent.key, child.key)
        return Judged(line, self.action, READY, **both)

    def is_new(self, group: int, number: str) -> bool:
        """Whether neither the sheet nor an earlier row of the mirror named this number for the one group."""
        if len(number) > LONGEST or not number[1:].isdecimal():
            return True
        key = (group << 55) | SORTS[self.role] | int(number[1:])
        is_new = key not in self.seen
        self.seen.add(key)
        return is_new


def _kept(cells: list[str], mapped: Iterable[int]) -> str:
    """The whole row; of a very wide one the first cells, shortened, and those that we read: {place: cell}."""
    text = _json(cells)
    if len(text) <= MOST_CELLS:
        return text
    first = {place: cell[:40] for place, cell in enumerate(cells[:60])}
    return _json(first | {place: cells[place][:300] for place in mapped if place < len(cells)})


def _json(cells: object) -> str:
    return json.dumps(cells, ensure_ascii=False).replace("\\u0000", "")


class Present:
    """Who is in a group, as the mirror has it: read once for a group of ordinary size, else 500 at a time."""

    def __init__(self) -> None:
        self._whole: dict[tuple[int, bool], dict[str, str] | None] = {}
        self._room = MOST_HELD

    def of(self, group: int, subscribers: bool, numbers: Sequence[str]) -> dict[str, str]:
        """Roles of at least those of the numbers that are in the group."""
        key = (group, subscribers)
        if key not in self._whole:
            self._whole[key] = self._read(group, subscribers, len(numbers))
        whole = self._whole[key]
        return _present(group, subscribers, numbers) if whole is None else whole

    def _read(self, group: int, subscribers: bool, wanted: int) -> dict[str, str] | None:
        """The whole group; None when it is too large, or larger than what is asked is worth."""
        rows = _people(group, subscribers)
        most = min(self._room, wanted * 20)
        if rows.order_by()[: most + 1].count() > most:
            return None
        found = dict(_roles(rows, subscribers))
        self._room -= len(found)
        return found


def _people(group: int, subscribers: bool) -> Any:
    row_class: Any = Subscriber if subscribers else Member
    return row_class.objects.filter(group=group, gone_at__isnull=True)


def _roles(rows: Any, subscribers: bool) -> Iterator[tuple[str, str]]:
    if subscribers:
        for number in rows.values_list("mobile_number", flat=True):
            yield number, "subscriber"
    else:
        yield from rows.values_list("mobile_number", "role")


def settle_present(rows: Sequence[Judged], known: Present) -> None:
    """Marks who is in the group already (or, for a removal, is not)."""
    wanted: dict[tuple[int, bool], list[Judged]] = {}
    for row in rows:
        if row.state == READY and row.action not in OF_GROUPS and row.group is not None:
            wanted.setdefault((row.group, row.role == "subscriber"), []).append(row)
    for (group, subscribers), some in wanted.items():
        present = known.of(group, subscribers, [row.number for row in some])
        for row in some:
            _settle(row, present.get(row.number))


def _present(group: int, subscribers: bool, numbers: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(numbers), 500):
        rows = _people(group, subscribers).filter(mobile_number__in=numbers[start : start + 500])
        found.update(_roles(rows, subscribers))
    return found


def _settle(row: Judged, role: str | None) -> None:
    if row.action == Action.REMOVE:
        row.state = READY if role is not None else THERE
        row.role = "admin" if role == Member.Role.ADMIN else row.role
    elif row.action == Action.DEMOTE:
        row.state = READY if role == Member.Role.ADMIN else THERE
    elif role is not None:
        promote = row.role == "admin" and role != Member.Role.ADMIN
        row.action, row.state = (Action.PROMOTE.value, READY) if promote else (row.action, THERE)

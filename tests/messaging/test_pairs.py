"""Two operators press two buttons at the same moment, every pair of them: the rival acts in the middle.

The middle is the moment at which the first one has looked and is about to write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from kaizala_admin.outbox.models import State
from messaging import rivals, services
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.services import approving, launching
from messaging.timing.models import Approval

from .conftest import PUBLIC, Org, Recorder, break_off

PEOPLE = 4
WORDS = {
    "send": "sent it",
    "approve": "sent it",  # an approval sends
    "reject": "rejected it",
    "pause": "paused it",
    "resume": "let it go on",
    "cancel": "cancelled the rest",
    "retry": "tried the failures again",
    "settle": "noted that they did arrive",
}
BUTTONS = tuple(WORDS)


@dataclass
class Desk:
    """One broadcast, two people, and what each button does to it."""

    broadcast: Broadcast
    shown: str
    request: Approval | None

    def press(self, button: str, by: User) -> bool:
        """Whether anything happened."""
        row, request, many = self.broadcast, self.request, str(PEOPLE)
        verbs: dict[str, Callable[[], Any]] = {
            "send": lambda: services.launch(row, by, PEOPLE, expected_draft=self.shown, typed=many),
            "approve": lambda: (
                request and approving.approve(request, by, PEOPLE, expected_draft=self.shown, typed=many)
            ),
            "reject": lambda: request and approving.reject(request, by, "Not like this."),
            "pause": lambda: services.pause(row, by),
            "resume": lambda: services.resume(row, by),
            "cancel": lambda: services.cancel(row, by),
            "retry": lambda: services.retry_failures(row, by, typed=many),
            "settle": lambda: services.all_arrived(row, by),
        }
        try:
            return bool(verbs[button]())
        except (services.Changed, PermissionDenied):
            return False


def draft(org: Org, author: User) -> Desk:
    broadcast = org.draft(PUBLIC, [org.public(people=range(PEOPLE))])
    return Desk(broadcast, services.fingerprint(broadcast), None)


def awaiting(org: Org, author: User) -> Desk:
    desk = draft(org, author)
    assert approving.ask(desk.broadcast, author, PEOPLE, expected_draft=desk.shown) is True
    desk.request = Approval.objects.select_related("broadcast__tenant").get()
    return desk


def running(org: Org, author: User) -> Desk:
    """Four calls: one failed, one in doubt, two in line."""
    desk = draft(org, author)
    assert services.launch(desk.broadcast, None, PEOPLE) is True
    rows = Dispatch.objects.order_by("pk")
    assert rows.count() == PEOPLE
    break_off(rows[0], State.FAILED, "invalid_input")
    break_off(rows[1], State.UNKNOWN, "no_answer")
    return desk


def paused(org: Org, author: User) -> Desk:
    desk = running(org, author)
    assert services.pause(desk.broadcast, None) is True
    return desk


# Where a button can be pressed, and the state that it leads to ("" leaves the state).
PLACES: dict[str, tuple[Callable[[Org, User], Desk], dict[str, str]]] = {
    "draft": (draft, {"send": "running"}),
    "awaiting": (awaiting, {"approve": "running", "reject": "draft"}),
    "running": (running, {"pause": "paused", "cancel": "cancelled", "retry": "running", "settle": "running"}),
    "paused": (paused, {"resume": "running", "cancel": "cancelled", "retry": "paused", "settle": "paused"}),
}
# Some buttons can follow another one in any order: then both are obeyed, one after the other.
AFTER = {
    "running": {"pause", "cancel"},
    "paused": {"resume", "cancel"},
    "cancelled": set(),
}


def expected(place: str, button: str, rival: str) -> tuple[bool, bool]:
    """(whether the rival is obeyed, whether the button is after that): what pressing in turn comes to."""
    possible = PLACES[place][1]
    first = rival in possible
    now = possible[rival] if first else place
    if not first:
        return False, True
    if button == rival:
        return True, False
    if button in ("retry", "settle"):
        return True, button == "settle" or now != "cancelled"
    return True, button in AFTER.get(now, set())


CASES = [
    (place, button, rival) for place, (_make, can) in PLACES.items() for button in can for rival in BUTTONS
]


@pytest.fixture
def people(db: None) -> tuple[User, User, User]:
    first, second, author = (User.objects.create_superuser(name) for name in ("asha", "binod", "chitra"))
    return first, second, author


def in_the_middle(patch: pytest.MonkeyPatch, button: str, act: Callable[[], None]) -> None:
    """`act` runs once, when the button has looked and before it writes."""
    if button in ("send", "approve"):
        whole = launching._start

        def late(*args: Any) -> bool:
            patch.setattr(launching, "_start", whole)
            act()
            return whole(*args)

        patch.setattr(launching, "_start", late)
        return
    enter = transaction.Atomic.__enter__

    def entering(block: transaction.Atomic) -> None:
        patch.setattr(transaction.Atomic, "__enter__", enter)
        act()
        enter(block)

    patch.setattr(transaction.Atomic, "__enter__", entering)


@pytest.mark.flow
def test_of_two_buttons_at_the_same_moment_nothing_goes_twice_and_who_lost_is_told(
    org: Org, people: tuple[User, User, User], recorder: Recorder
) -> None:
    org.connector.batch_size = 1
    org.connector.save()
    type(org.tenant).objects.update(many_people=2)
    asha, binod, author = people
    wrong: list[object] = []
    for case in CASES:
        with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
            place, button, rival = case
            desk = PLACES[place][0](org, author)
            won: list[bool] = []
            in_the_middle(patch, button, lambda: won.append(desk.press(rival, binod)))  # noqa: B023
            won.append(desk.press(button, asha))
            told = rivals.told(desk.broadcast)
            if tuple(won) != expected(place, button, rival):
                wrong.append((case, "won", won))
            if won == [True, False] and f"binod {WORDS[rival]}" not in told:
                wrong.append((case, "told", told))
            if trouble := twice(desk.broadcast, recorder):
                wrong.append((case, *trouble))
            transaction.set_rollback(True)
    assert len(CASES) == 88
    assert wrong == []


def twice(broadcast: Broadcast, recorder: Recorder) -> list[object]:
    """Lets it go on to its end. What is wrong then: someone called twice, or a ledger that is not whole."""
    recorder.calls.clear()
    settled = set(Dispatch.objects.filter(state=State.SENT).values_list("pk", flat=True))
    services.resume(broadcast, None)
    recorder.drive(broadcast)
    broadcast.refresh_from_db()
    called = Counter(number for _to, _group, numbers in recorder.calls if numbers for number in numbers)  # type: ignore[union-attr]
    lines = Counter(Delivery.objects.filter(broadcast=broadcast).values_list("mobile_number", flat=True))
    found: list[object] = [number for number, times in (called + Counter()).items() if times > 1]
    found += [number for number, times in lines.items() if times > 1]
    if broadcast.launched_at and (len(lines), broadcast.people) != (PEOPLE, PEOPLE):
        found.append(("ledger", len(lines), broadcast.people))
    if broadcast.state == "cancelled" and called:
        found.append(("sent though cancelled", dict(called)))
    if settled & set(Dispatch.objects.exclude(state=State.SENT).values_list("pk", flat=True)):
        found.append("what had arrived is open again")
    return found

"""`bin/run --smoke`: the main job without a browser, counted on what the phones received.

The services of the web form, the real worker and broker, real HTTP; an install of its own, made anew each
time. Only the sandbox's budgets, and the connector's record of them, are larger than Kaizala's.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import requests

from .children import Budgets
from .house import House
from .ledger import compare, received
from .places import Places
from .terminal import CannotStart, say

if TYPE_CHECKING:
    from groups.models import Group
    from kaizala_admin.connectors.models import Connector
    from messaging.models import Broadcast

BUDGETS = Budgets(connector=6_000, tenant=18_000)
WITHIN = 300.0  # seconds that one step may take
GROUPS = 3


@dataclass(frozen=True)
class Step:
    """One line of the table."""

    name: str
    people: int
    calls: int
    seconds: float
    throttled: int

    def line(self) -> str:
        used = self.calls * 60 / max(self.seconds, 0.001)
        allowed = min(BUDGETS.connector, BUDGETS.tenant)
        return (
            f"{self.name:<28}{self.people:>9,}{self.calls:>8,}{self.seconds:>9.1f}{allowed:>11,}{used:>9,.0f}"
            f"{self.throttled:>6,}"
        )


HEAD = f"{'':<28}{'people':>9}{'calls':>8}{'seconds':>9}{'allowed/min':>11}{'used/min':>9}{'429s':>6}"


def smoke(places: Places, people: int) -> int:
    """Returns 0 when every phone got exactly one copy, otherwise 1, with the differences said."""
    for name in ("DATABASE_URL", "REDIS_URL"):  # a rehearsal touches nobody's data
        os.environ.pop(name, None)
    started = time.monotonic()
    house = House(places, 0, people, BUDGETS)
    say(f"Rehearsing with {people:,} people; this takes a minute or two ...")
    with house.open(fresh=True) as connector:
        rehearsal = Rehearsal(house, connector)
        problems = rehearsal.run()
    say("")
    for line in problems or ["Every phone got exactly one copy in each group that was written to."]:
        say(line)
    say(f"{'FAILED' if problems else 'passed'} in {time.monotonic() - started:.0f} s")
    return 1 if problems else 0


class Rehearsal:
    """Sync, one text to three groups, one to all subscribers of the largest public group."""

    def __init__(self, house: House, connector: "Connector") -> None:
        self.house, self.connector = house, connector
        self.root = connector.api_root
        self.web = requests.Session()
        self.web.trust_env = False

    def run(self) -> list[str]:
        """The differences between our ledger and the phones', in words."""
        say(f"\n{HEAD}")
        self._step("sync of everything", self._sync)
        problems = self._send("text to three groups", "groups", three_groups(self.connector))
        return problems + self._send("text to all subscribers", "public", [largest_public(self.connector)])

    def _sync(self) -> int:
        from groups.models import Member, Subscriber, SyncRun
        from groups.services import start_connector_sync

        start_connector_sync(self.connector)
        self._wait(lambda: not SyncRun.objects.filter(state__in=["queued", "sending"]).exists())
        if failed := SyncRun.objects.exclude(state="sent").first():
            raise CannotStart(f"The sync failed: {failed.reason} {failed.detail}")
        return Member.objects.count() + Subscriber.objects.count()

    def _send(self, name: str, mode: str, groups: list["Group"]) -> list[str]:
        text = f"Rehearsal: {name}. Please ignore."
        broadcasts: list[Broadcast] = []

        def send() -> int:
            broadcasts.append(broadcast := self._broadcast(mode, groups, text))
            self._wait(lambda: self._is_finished(broadcast))
            return broadcast.people

        self._step(name, send)
        got = received(self._pages("/sandbox/ledger", text=text))
        return [f"{name}: {line}" for line in compare(broadcasts[0], got)]

    def _broadcast(self, mode: str, groups: list["Group"], text: str) -> "Broadcast":
        from django.contrib.auth.models import User

        from messaging import services

        by = User.objects.get(is_superuser=True)
        draft = services.save_draft(
            tenant=self.connector.tenant,
            choice=services.Choice(mode, tuple(group.pk for group in groups)),
            content={"message": text},
            by=by,
        )
        people = services.check(draft).people
        if not services.launch(draft, by, people, typed=str(people)):
            raise CannotStart("The broadcast was sent by somebody else.")
        draft.refresh_from_db()
        return draft

    def _is_finished(self, broadcast: "Broadcast") -> bool:
        broadcast.refresh_from_db()
        return broadcast.state == "finished"

    def _step(self, name: str, work: Callable[[], int]) -> None:
        before, begun = self._get("/sandbox/calls"), time.monotonic()
        people = work()
        seconds, after = time.monotonic() - begun, self._get("/sandbox/calls")
        calls, throttled = (after[key] - before[key] for key in ("total", "throttled"))
        say(Step(name, people, calls, seconds, throttled).line())

    def _wait(self, done: Callable[[], bool]) -> None:
        ends = time.monotonic() + WITHIN
        while not done():
            self.house.supervisor.look()
            if self.house.supervisor.stop_asked.wait(0.2):
                raise CannotStart("Stopped.")
            if time.monotonic() > ends:
                raise CannotStart(
                    f"Not done within {WITHIN:.0f} seconds; the logs in {self.house.places.logs} say more."
                )

    def _get(self, path: str, **query: Any) -> Any:
        return self.web.get(f"{self.root}{path}", params=query, timeout=60).json()

    def _pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        for _ in count():
            page = self._get(path, limit=10_000, **query, **cursor)
            yield from page["rows"]
            if not page.get("cursor"):
                return
            cursor = {"cursor": page["cursor"]}


def three_groups(connector: "Connector") -> list["Group"]:
    """The largest groups. Who is in two of them is due a copy in each."""
    from groups.models import Group

    groups = Group.objects.filter(tenant=connector.tenant, group_type=Group.Type.GROUP, gone_at=None)
    return list(groups.filter(member_count__gt=0).order_by("-member_count", "pk")[:GROUPS])


def largest_public(connector: "Connector") -> "Group":
    """The public group with the most subscribers."""
    from groups.models import Group

    public = Group.objects.filter(tenant=connector.tenant, group_type=Group.Type.PUBLIC, gone_at=None)
    return public.order_by("-subscriber_count", "pk")[0]

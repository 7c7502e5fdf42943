"""A person sends while a background sync takes all that Kaizala allows."""

import random
import time
from collections.abc import Iterator

from benchmarks.ground import Ground
from benchmarks.house import ACTIVE, BenchHouse
from benchmarks.measure import Line, milliseconds, times
from groups.models import Group, SyncRun
from groups.services import start_sync
from kaizala_admin.connectors.budgets import Pace
from kaizala_admin.embedded.children import Budgets
from kaizala_admin.outbox.models import Lane

OF_KAIZALA = Budgets(connector=100, tenant=300)  # calls a minute
BAR = 2.0  # pacing intervals
SECONDS_EACH = 6


def measure(ground: Ground) -> Iterator[Line]:
    """The longest and the middle of many waits, from the commit of the launch to the call's arrival."""
    house, sends = ground.house(), ground.size.sends
    pages = 20 + sends * SECONDS_EACH * OF_KAIZALA.connector // 60
    connector = house.settle_in(pages * 50 * 5 // 4)
    house.read_directory(connector)
    group, _ = house.largest()
    to = Group.objects.filter(group_type="Group").order_by("pk")[0]
    known = start_sync(to)
    house.wait(lambda: SyncRun.objects.get(pk=known.pk).state == "sent")
    house.allow(OF_KAIZALA)
    run = start_sync(group, Lane.SYNC)
    house.wait(lambda: SyncRun.objects.get(pk=run.pk).pages > 3, 60)
    dice = random.Random(3)
    waits = sorted(_wait(house, to, number, dice) for number in range(sends))
    if not SyncRun.objects.filter(pk=run.pk, state__in=ACTIVE).exists():
        raise RuntimeError("the sync ended before the last send")
    SyncRun.objects.filter(pk=run.pk).update(stop_asked=True)
    interval = Pace(OF_KAIZALA.connector).spacing(slowed=False)
    for what, seconds in (("longest", waits[-1]), ("middle", waits[len(waits) // 2])):
        met = seconds <= BAR * interval if ground.size.is_full else None
        yield Line(
            f"the {what} wait of {sends} sends for the first call",
            milliseconds(seconds),
            milliseconds(interval),
            times(seconds / interval),
            "2 pacing intervals",
            met if what == "longest" else None,
        )


def _wait(house: BenchHouse, to: Group, number: int, dice: random.Random) -> float:
    """Seconds until the sandbox has the call."""
    time.sleep(dice.uniform(1, SECONDS_EACH - 2))
    before = _arrived(house)
    house.send("groups", [to], f"While everything syncs, {number}")
    begun = time.perf_counter()
    while _arrived(house) == before:
        time.sleep(0.01)
        if time.perf_counter() - begun > 60:
            raise TimeoutError("a send waits for a minute behind a sync")
    return time.perf_counter() - begun


def _arrived(house: BenchHouse) -> int:
    return int(house.get("/sandbox/calls", operation="send_message")["total"])

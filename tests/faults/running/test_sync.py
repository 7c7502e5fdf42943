"""F18 and F8: a sync whose worker dies again and again; bells that come twice because nobody acknowledged."""

import time
from functools import partial

from groups.models import Subscriber, SyncRun
from groups.services import start_sync
from tests.faults.harness import FaultHouse, chance, public
from tests.faults.sizes import SIZES

MOST_KILLS = 6  # as many as the group has pages for
ON_ONE_PAGE = 2  # deaths; after three it is taken for poison


def got_further(run: SyncRun, pages: int) -> bool:
    return SyncRun.objects.get(pk=run.pk).pages > pages


def test_a_sync_that_is_killed_again_and_again_ends_with_what_kaizala_has(house: FaultHouse) -> None:
    group, dice, kills = public(), chance("F18"), 0
    before = set(Subscriber.objects.filter(group=group, gone_at=None).values_list("mobile_number", flat=True))
    Subscriber.objects.filter(group=group).delete()
    house.fault("slow", operation="*", seconds=4)  # slower than a worker's start: a page a kill at most
    run = start_sync(group)
    while kills < min(SIZES.sync_kills, MOST_KILLS):
        house.wait(lambda: SyncRun.objects.filter(pk=run.pk, state="sending").exists())
        time.sleep(dice.uniform(0.2, 1.2))
        assert SyncRun.objects.filter(pk=run.pk, state__in=["queued", "sending"]).exists()
        house.kill("worker")
        kills += 1
        house.two_minutes_pass()
        SyncRun.objects.filter(pk=run.pk, state="queued").update(not_before="2020-01-01T00:00Z")
        house.supervisor.children["worker"].start()
        house.wait(lambda: house.supervisor.children["worker"].spec.is_ready())
        if kills % ON_ONE_PAGE == 0:
            pages = SyncRun.objects.get(pk=run.pk).pages
            house.wait(partial(got_further, run, pages))
    house.delete("/sandbox/faults")
    house.wait(lambda: SyncRun.objects.get(pk=run.pk).state in ("sent", "failed"), 60)
    assert SyncRun.objects.get(pk=run.pk).state == "sent"
    now = Subscriber.objects.filter(group=group)
    assert set(now.values_list("mobile_number", flat=True)) == before
    assert now.exclude(gone_at=None).count() == 0

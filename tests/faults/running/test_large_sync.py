"""F18 with 100,000 subscribers: the worker dies every few seconds, and somebody leaves in the middle."""

import time
from collections.abc import Iterator

import pytest
import requests
from django.utils import timezone

from groups.models import Group, Subscriber, SyncRun
from groups.services import cancel, start_connector_sync, start_sync
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector
from kaizala_admin.kaizala import SUBSCRIBER_PAGE
from tests.faults import tally
from tests.faults.harness import FaultHouse
from tests.faults.sizes import SEED, SIZES

PEOPLE = 125_000  # in the sandbox, four fifths of whom follow the largest group
EVERY = 5.0  # seconds between two kills
LONG = 1_800.0  # seconds that a busy machine may take for the whole
IN_HAND = 15  # pages that a death costs: half a second's, and those read on meanwhile, at a tenth of a second
ACTIVE = ["queued", "sending"]
ONCE = ("fetch_group", "fetch_subgroups", "fetch_members")  # the run's pages before the subscribers


@pytest.fixture
def crowd(house: FaultHouse) -> Iterator[Group]:
    """The largest group, of whose people nobody is in the mirror; the small organisation afterwards."""
    house.empty()
    _fill(house, PEOPLE)
    start_connector_sync(house.connect(sync_every=0))
    house.wait(lambda: SyncRun.objects.exclude(group=None).exists(), 300)
    _stop_syncs(house)
    Subscriber.objects.all().delete()
    yield Group.objects.get(group_id=_largest(house)["groupId"])
    _stop_syncs(house)
    house.empty()
    house.sync(house.connect())


def _fill(house: FaultHouse, people: int) -> None:
    """As /sandbox/reset elsewhere, but so many take their time."""
    made = requests.post(
        f"{house.sandbox_url}/sandbox/reset", json={"seed": SEED % 1_000, "people": people}, timeout=600
    )
    made.raise_for_status()


def _stop_syncs(house: FaultHouse) -> None:
    cancel(list(SyncRun.objects.filter(state__in=ACTIVE)))
    house.wait(lambda: not SyncRun.objects.filter(state__in=ACTIVE).exists(), 300)


def _largest(house: FaultHouse) -> dict[str, str]:
    groups: list[dict[str, str]] = house.get("/sandbox/state")["publicGroups"]
    return max(groups, key=lambda one: int(one["subscribers"]))


def numbers_there(group: Group) -> set[str]:
    """Everybody who follows it at Kaizala, read page by page."""
    client, cursor, found = client_for(Connector.objects.get().grants.get()), None, set()
    while True:
        page = client.fetch_subscribers(group.group_id, cursor=cursor, count=SUBSCRIBER_PAGE)
        found |= {person.mobile_number for person in page.subscribers}
        if not (cursor := page.cursor):
            return found


def one_leaves(group: Group, number: str) -> None:
    client_for(Connector.objects.get().grants.get()).remove_subscribers(group.group_id, [number])


def nobody_is_gone(group: Group) -> bool:
    return not Subscriber.objects.filter(group=group).exclude(gone_at=None).exists()


def test_a_long_sync_that_is_killed_every_few_seconds_reads_again_only_what_was_in_hand(
    house: FaultHouse, crowd: Group
) -> None:
    left_before = Subscriber.objects.create(
        group=crowd, person_id="left-before", mobile_number="+919999999999", first_seen_at=timezone.now()
    )
    house.delete("/sandbox/calls")
    house.fault("slow", operation="fetch_subscribers", seconds=0.1)
    run, left_meanwhile = start_sync(crowd), ""
    house.wait(lambda: SyncRun.objects.get(pk=run.pk).pages > 10, 120)
    for number in range(SIZES.sync_kills):
        pages = SyncRun.objects.get(pk=run.pk).pages
        time.sleep(EVERY)
        house.wait(lambda pages=pages: SyncRun.objects.get(pk=run.pk).pages > pages, 120)  # type: ignore[misc]
        assert SyncRun.objects.filter(pk=run.pk, state__in=ACTIVE).exists()
        house.kill("worker")
        house.two_minutes_pass()
        SyncRun.objects.filter(pk=run.pk, state="queued").update(not_before="2020-01-01T00:00Z")
        assert nobody_is_gone(crowd)
        if number == SIZES.sync_kills // 2:
            read = Subscriber.objects.filter(group=crowd).exclude(pk=left_before.pk)
            left_meanwhile = str(read.earliest("pk").mobile_number)
            one_leaves(crowd, left_meanwhile)
        house.start_again("worker")
    house.delete("/sandbox/faults")
    house.wait(lambda: SyncRun.objects.get(pk=run.pk).state not in ACTIVE, LONG)
    known, counts = SyncRun.objects.get(pk=run.pk), house.get("/sandbox/calls")["byOperation"]
    read_pages = counts["fetch_subscribers"]["total"]
    kept = known.pages - sum(counts.get(name, {"total": 0})["total"] for name in ONCE)
    tally.NOTES.append(
        f"F18 {crowd.subscribers.count():,} subscribers, {SIZES.sync_kills} kills: {read_pages:,} pages read "
        f"for {kept:,} that were kept"
    )
    assert known.state == "sent"
    assert kept <= read_pages <= kept + SIZES.sync_kills * IN_HAND
    left_before.refresh_from_db()
    assert left_before.gone_at is not None
    again = start_sync(crowd)  # who left in the middle had been read already
    house.wait(lambda: SyncRun.objects.get(pk=again.pk).state not in ACTIVE, LONG)
    here = Subscriber.objects.filter(group=crowd, gone_at=None).values_list("mobile_number", flat=True)
    there = numbers_there(crowd)
    assert len(there) > PEOPLE * 0.79
    assert left_meanwhile not in there
    assert (len(here), set(here) ^ there) == (len(there), set())

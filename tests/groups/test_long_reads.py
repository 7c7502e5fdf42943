"""Pages that are read one after the other and written together: what a break in the middle keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from groups import services
from groups.models import Group, Subscriber, SyncPage, SyncRun
from groups.sync import fetching, record, seen
from groups.sync.fetching import SUBSCRIBERS, Hidden
from kaizala_admin.connectors.models import Bucket, Connector
from kaizala_admin.kaizala import KaizalaClient, KaizalaError, NotSent, SubscriberPage, Throttled
from kaizala_admin.outbox import reading
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.pump import pump
from kaizala_admin.outbox.reading import Pages

from .conftest import Service
from .test_sync_guards import group, people, person, refused, start
from .test_through_the_pump import connector, permit, run_all

__all__ = ["connector", "group"]  # fixtures


@pytest.fixture(params=[100, 2], ids=["at once", "by two, with those after them begun meanwhile"])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SyncRun, "together", lambda _run: request.param)
    monkeypatch.setattr(reading, "LONGEST", 60.0)


@pytest.fixture
def whole(connector: Connector, service: Service, together: None) -> Group:
    """The largest public group, in the mirror already: five pages."""
    services.sync_everything()
    run_all(connector)
    found = Group.objects.filter(group_type=Group.Type.PUBLIC).order_by("-subscriber_count")[0]
    assert found.subscriber_count > 4 * 50
    service.sandbox.delete("/sandbox/calls")
    return found


def break_off(monkeypatch: pytest.MonkeyPatch, error: KaizalaError, calls: int) -> None:
    """After so many good calls for subscribers the next one goes wrong, and those after it are good again."""
    real, left = KaizalaClient.fetch_subscribers, iter([*[None] * calls, error])

    def fetch(self: KaizalaClient, *args: Any, **options: Any) -> SubscriberPage:
        if failed := next(left, None):
            raise failed
        return real(self, *args, **options)

    monkeypatch.setattr(KaizalaClient, "fetch_subscribers", fetch)


def test_pages_that_are_permitted_together_are_written_together(whole: Group, connector: Connector) -> None:
    Subscriber.objects.filter(group=whole).delete()
    run = services.start_sync(whole)
    with CaptureQueriesContext(connection) as captured:
        while permit(permits=100):
            pump(connector.pk)
    run.refresh_from_db()
    assert (run.state, run.created) == (State.SENT, whole.subscriber_count)
    compared = [query for query in captured if '"groups_syncpage"."content" IN' in query["sql"]]
    assert run.pages == run.expected_pages
    assert len(compared) in (1, 3)  # five pages


def note_portions(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Fills with what is recorded from now on: the stage, the pages before, the pages of the portion."""
    portions: list[tuple[str, int, int]] = []

    def note(self: SyncRun, result: Any) -> bool:
        portions.append((self.stage, self.pages, len(result) if isinstance(result, Pages) else 1))
        return record(self, result)

    monkeypatch.setattr(SyncRun, "record", note)
    return portions


def test_the_longer_a_list_the_larger_its_portions(
    whole: Group, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = services.start_sync(whole)
    portions = note_portions(monkeypatch)
    monkeypatch.setattr(SyncRun, "together", fetching.together)
    monkeypatch.setattr(fetching, "FEW", 1)
    monkeypatch.setattr(fetching, "MANY", 2)
    monkeypatch.setattr(fetching, "PART", 2)
    while permit(permits=100):
        pump(connector.pk)
    run.refresh_from_db()
    assert (run.state, run.pages) == (State.SENT, run.expected_pages)
    told = [(before, pages) for stage, before, pages in portions if stage == SUBSCRIBERS]
    assert told == [(2, 1), (3, 1), (4, 2), (6, 1)]  # the group and its members were two calls


def test_a_row_that_was_just_taken_is_written_soon(
    whole: Group, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = services.start_sync(whole)
    portions = note_portions(monkeypatch)
    monkeypatch.setattr("kaizala_admin.outbox.pump.FIRST", 2)
    while permit(permits=3):
        pump(connector.pk)
    sizes = [pages for _stage, _before, pages in portions]
    assert sum(sizes) == run.expected_pages
    assert max(sizes) <= 2


def test_as_many_pages_as_are_written_together_are_remembered(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    seen.remember(run, [(f"next {page}", [f"person {page}"], [page]) for page in range(fetching.MANY)])
    assert run.page_set.count() == len(seen.recall(run)) == fetching.MANY


def test_new_people_are_written_in_the_order_of_their_numbers(whole: Group, connector: Connector) -> None:
    Subscriber.objects.filter(group=whole).delete()
    portion = services.start_sync(whole).together()
    while permit(permits=100):
        pump(connector.pk)
    rows = Subscriber.objects.filter(group=whole).order_by("pk")
    numbers = list(rows.values_list("mobile_number", flat=True))
    assert len(numbers) == whole.subscriber_count
    if portion > 2:
        assert numbers == sorted(numbers)
    else:
        assert numbers != sorted(numbers)


def test_a_budget_that_is_used_up_in_the_middle_keeps_what_was_read(
    whole: Group, connector: Connector, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = services.start_sync(whole)
    break_off(monkeypatch, Throttled("Slow down.", retry_after=60), 3)
    permit(permits=100)
    pump(connector.pk)
    run.refresh_from_db()
    assert (run.state, run.reason, run.stage) == (State.QUEUED, "throttled", SUBSCRIBERS)
    assert SyncPage.objects.filter(run=run).count() == 3
    assert Bucket.objects.get(key=f"connector:{connector.pk}").paused_until > 0
    assert service.sandbox.get("/sandbox/calls")["total"] == run.pages
    run_all(connector)
    run.refresh_from_db()
    assert (run.state, run.created, run.changed, run.gone) == (State.SENT, 0, 0, 0)
    assert service.sandbox.get("/sandbox/calls")["total"] == run.pages == run.expected_pages


def test_a_broken_line_in_the_middle_of_a_run_that_was_stopped_stays_stopped(
    whole: Group, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = services.start_sync(whole)
    break_off(monkeypatch, NotSent("No line."), 2)
    real = SyncRun.after

    def stopped_meanwhile(self: SyncRun, answer: Any) -> SyncRun | None:
        services.cancel([run])
        return real(self, answer)

    monkeypatch.setattr(SyncRun, "after", stopped_meanwhile)
    permit(permits=100)
    pump(connector.pk)
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.FAILED, "stopped")
    assert SyncPage.objects.filter(run=run).count() == 0


def test_a_pause_keeps_what_was_written_and_drops_what_was_read_on(
    whole: Group, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, rows, real = services.start_sync(whole), SyncRun.objects.filter(kind="group"), SyncRun.after

    def paused_meanwhile(self: SyncRun, answer: Any) -> SyncRun | None:
        if isinstance(answer, SubscriberPage) and not self.cursor:
            assert outbox.hold(rows.filter(pk=run.pk)) == 1
        return real(self, answer)

    monkeypatch.setattr(SyncRun, "after", paused_meanwhile)
    permit(permits=100)
    pump(connector.pk)
    run.refresh_from_db()
    assert run.held
    assert (run.state, SyncPage.objects.filter(run=run).count()) in [(State.QUEUED, 2), (State.SENT, 0)]
    outbox.release(rows.filter(pk=run.pk))
    run_all(connector)
    run.refresh_from_db()
    assert (run.state, run.created, run.changed, run.gone) == (State.SENT, 0, 0, 0)
    assert run.pages == run.expected_pages


def test_a_page_that_repeats_among_those_read_together_ends_in_an_error(group: Group) -> None:
    first, second = SubscriberPage(people(range(50)), "a"), SubscriberPage(people(range(50)), "b")
    assert refused(start(group, SUBSCRIBERS), Pages([first, second])).code == "no_progress"
    assert Subscriber.objects.count() == 0


def test_a_cursor_that_goes_back_among_those_read_together_ends_in_an_error(group: Group) -> None:
    pages = [SubscriberPage(people(range(50 * at, 50 * at + 50)), mark) for at, mark in enumerate("abca")]
    run = start(group, SUBSCRIBERS)
    assert refused(run, Pages(pages)).code == "no_progress"
    assert record(SyncRun.objects.get(pk=run.pk), Pages(pages[:2])) is False
    assert refused(SyncRun.objects.get(pk=run.pk), Pages(pages[2:])).code == "no_progress"
    assert Subscriber.objects.count() == 100


def test_whoever_changes_between_two_pages_is_kept_as_told_last(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    early, late = people(range(50)), (person(49, name="Later"), *people(range(50, 60)))
    assert record(run, Pages([SubscriberPage(early, "a"), SubscriberPage(late, None)])) is True
    stored = SyncRun.objects.get(pk=run.pk)
    assert (stored.pages, stored.seen, stored.created, stored.changed) == (2, 61, 60, 0)
    assert Subscriber.objects.filter(group=group, gone_at=None).count() == 60
    assert Subscriber.objects.get(person_id="id-49").name == "Later"


def test_pages_before_a_door_that_closes_are_kept_and_nobody_is_gone(group: Group) -> None:
    run = start(group, SUBSCRIBERS)
    with transaction.atomic():
        assert record(run, Pages([SubscriberPage(people(range(50)), "a"), Hidden("Admins only.")])) is True
    stored = SyncRun.objects.get(pk=run.pk)
    assert (stored.pages, stored.created, stored.gone, stored.reason) == (2, 50, 0, "subscribers_hidden")

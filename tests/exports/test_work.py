"""An export's life: claimed once, written once, and what happens when something comes between."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from kaizala_admin import exports
from kaizala_admin.connectors import clock
from kaizala_admin.exports import claims, kinds, services, tasks, upkeep, work
from kaizala_admin.exports.models import Export

from .conftest import KIND, ask, made

pytestmark = pytest.mark.django_db
ASHA = ("Asha", "+919812345678", 30)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(services, "ring", heard.append)
    return heard


def in_between(does: Any) -> None:
    """The kind's rows, with something that happens after the first page."""

    def rows(parameters: Any) -> Iterator[Any]:
        yield from [ASHA] * 2_000
        does()
        yield ASHA

    columns = (exports.text("name", "name"), exports.phone("number", "n"), exports.number("age", "age"))
    exports.register(KIND, "people", "groups.view_member", columns, rows)


def over(export: Export) -> None:
    Export.objects.filter(pk=export.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_finished_export_knows_its_rows_its_size_its_digest_and_its_last_day(folder: Path) -> None:
    done = made(ask(ASHA, ASHA))
    data = (folder / done.file).read_bytes()
    assert (done.state, done.rows_done, done.rows_expected, done.size) == ("done", 2, 2, len(data))
    assert done.sha256 == hashlib.sha256(data).hexdigest()
    assert done.expires_at is not None
    assert done.finished_at is not None
    assert done.expires_at - done.finished_at == timedelta(days=7)


def test_the_files_are_for_their_owner_only(folder: Path) -> None:
    done = made(ask(ASHA))
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / done.file)] == ["0o700", "0o600"]


def test_a_second_worker_finds_nothing_to_do() -> None:
    export = ask(ASHA)
    assert [work.run(export.pk), work.run(export.pk)] == [True, False]


def test_two_workers_that_claim_at_once_write_once(monkeypatch: pytest.MonkeyPatch) -> None:
    export = ask(ASHA)
    rivals: list[Any] = []
    original = clock.later

    def rival_first(span: timedelta) -> Any:
        monkeypatch.setattr(claims, "later", original)
        rivals.append(claims.claim(export.pk))
        return original(span)

    monkeypatch.setattr(claims, "later", rival_first)
    assert claims.claim(export.pk) is None
    assert [rival.claim for rival in rivals] == [1]


def test_an_export_of_a_dead_worker_starts_again(folder: Path) -> None:
    export = ask(ASHA)
    assert claims.claim(export.pk) is not None
    assert work.run(export.pk) is False  # its worker may live
    over(export)
    assert work.waiting() == [export.pk]
    done = made(export)
    assert (done.state, done.rows_done, done.file) == ("done", 1, f"{export.pk}-2.csv")


def test_an_export_that_kills_its_workers_is_given_up() -> None:
    export = ask(ASHA)
    for _ in range(claims.MOST_DEATHS):
        assert claims.claim(export.pk) is not None
        over(export)
    failed = made(export)
    assert (failed.state, failed.detail[:13]) == ("failed", "Three workers")


def test_a_cancelled_export_stops_while_it_is_written_and_leaves_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "RENEW", 0.0)
    export = ask()
    in_between(lambda: services.cancel(export))
    assert made(export).state == "cancelled"
    assert list(folder.iterdir()) == []


def test_a_worker_that_lost_its_claim_writes_nothing_into_the_row(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "RENEW", 0.0)
    export = ask()

    def rival() -> None:
        over(export)
        assert claims.claim(export.pk) is not None

    in_between(rival)
    left = made(export)
    assert (left.state, left.claim, left.file, list(folder.iterdir())) == ("running", 2, "", [])


def test_a_worker_that_shuts_down_puts_the_export_back_in_line(folder: Path) -> None:
    export = ask()
    in_between(work.stopping.set)
    try:
        left = made(export)
    finally:
        work.stopping.clear()
    assert (left.state, left.deaths, list(folder.iterdir())) == ("queued", 0, [])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (exports.BadParameters("The survey was deleted."), "The survey was deleted."),
        (OSError(28, "No space left on device"), "The file could not be written: No space left on device"),
        (ZeroDivisionError(), "Something went wrong (ZeroDivisionError). The worker's log says more."),
    ],
)
def test_what_went_wrong_is_said_in_words(error: Exception, words: str, folder: Path) -> None:
    def fail() -> None:
        raise error

    export = ask()
    in_between(fail)
    failed = made(export)
    assert (failed.state, failed.detail, list(folder.iterdir())) == ("failed", words, [])


def test_a_kind_that_nobody_knows_any_more_fails_in_words() -> None:
    export = ask(ASHA)
    Export.objects.update(kind="gone.away")
    assert made(export).detail == "What it should hold is not known here any more."


def test_no_more_exports_than_allowed_are_under_way(settings: Any) -> None:
    settings.KAIZALA_EXPORTS_AT_ONCE = 1
    first, second = ask(ASHA), ask(ASHA)
    assert claims.claim(first.pk) is not None
    assert claims.claim(second.pk) is None


def test_a_kind_may_write_its_own_file(folder: Path) -> None:
    def write(file: Any, parameters: Any, tick: Any) -> None:
        file.write(b"PK")
        tick(3)

    exports.register(KIND, "people", "groups.view_member", write=write, formats=("zip",))
    done = made(ask(file_format="zip"))
    assert ((folder / done.file).read_bytes(), done.rows_done) == (b"PK", 3)
    with pytest.raises(ValueError, match="csv"):
        ask()
    with pytest.raises(TypeError):
        exports.register(KIND, "people", "groups.view_member")
    assert kinds.by_key(KIND).formats == ("zip",)


def test_the_clock_rings_for_what_waits_and_a_worker_for_the_next_one(bells: list[int]) -> None:
    first, second = ask(ASHA), ask(ASHA)
    tasks.tick()
    assert bells == [first.pk, second.pk]
    tasks.work(first.pk)
    assert bells[2:] == [second.pk]


def test_an_export_expires_and_its_file_goes(folder: Path) -> None:
    done = made(ask(ASHA))
    assert upkeep.expire() == 0
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert (upkeep.expire(), upkeep.expire()) == (1, 0)
    assert (Export.objects.get(pk=done.pk).state, list(folder.iterdir())) == ("expired", [])


def test_old_files_that_no_export_names_are_cleared_away(folder: Path) -> None:
    done = made(ask(ASHA))
    lost, fresh = folder / "99-1.csv", folder / "98-1.csv"
    for path in (lost, fresh):
        path.touch()
    long_ago = time.time() - 2 * upkeep.ORPHAN_AFTER
    for path in (lost, folder / done.file):
        os.utime(path, (long_ago, long_ago))
    assert upkeep.sweep() == 1
    assert {path.name for path in folder.iterdir()} == {done.file, fresh.name}


def test_cancelling_twice_says_so() -> None:
    export = ask(ASHA)
    assert (services.cancel(export), services.cancel(export)) == (True, False)
    assert work.run(export.pk) is False

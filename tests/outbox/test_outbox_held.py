"""A restored or copied database sends nothing until an administrator says that this is the console now."""

import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.management import call_command
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from kaizala_admin.connectors import instance, upkeep
from kaizala_admin.connectors.models import Connector, Instance
from kaizala_admin.outbox.dispatcher import Dispatcher
from kaizala_admin.outbox.pump import pump
from kaizala_admin.ui.roles import ADMINISTRATOR, APPROVER, OPERATOR, VIEWER
from tests.house.people import person
from tests.outbox.conftest import permit
from tests.outbox.line.models import Parcel

pytestmark = pytest.mark.django_db
GO_ON = "This is now the console: go on sending"


@pytest.fixture(autouse=True)
def ours(settings: Any, tmp_path: Path) -> Path:
    """The machine that these tests run on, with an identity of its own."""
    settings.VAR_DIR, settings.KAIZALA_INSTANCE, settings.REDIS_URL = tmp_path / "var", "", ""
    return tmp_path / "var" / "instance"


@pytest.fixture
def parcel(add_connector: Callable[..., Connector]) -> Parcel:
    connector = add_connector()
    made: Parcel = Parcel.objects.create(connector=connector, grant=connector.grants.get(), group_id="g")
    return made


def permits() -> int:
    """One real round of a new dispatcher; how many permits the row holds then."""
    dispatcher = Dispatcher(threading.Event())
    dispatcher.hands.submit = lambda *_: None  # type: ignore[method-assign,assignment]
    dispatcher.step()
    dispatcher.stop.set()
    dispatcher.run()
    return int(Parcel.objects.get().permits)


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(person(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_new_database_is_ours_at_once_and_sends(parcel: Parcel, ours: Path) -> None:
    assert permits() == 1
    assert Instance.objects.get().identity == ours.read_text()
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600


def test_a_database_restored_elsewhere_gets_no_permits_until_an_administrator_agrees(
    parcel: Parcel, settings: Any
) -> None:
    instance.held_since()
    settings.KAIZALA_INSTANCE = "another machine"
    assert permits() == 0
    assert instance.go_on(by=person(ADMINISTRATOR))
    assert (permits(), Instance.objects.get().identity) == (1, "another machine")


def test_it_stays_held_when_the_old_identity_comes_back(parcel: Parcel, settings: Any) -> None:
    instance.held_since()
    settings.KAIZALA_INSTANCE = "another machine"
    since = instance.held_since()
    settings.KAIZALA_INSTANCE = ""
    assert since is not None
    assert (instance.held_since(), permits()) == (since, 0)


def test_hold_sending_pauses_an_older_database_on_the_same_machine(parcel: Parcel) -> None:
    assert instance.held_since() is None
    call_command("hold_sending")
    assert permits() == 0


def test_a_permit_that_was_restored_with_its_row_is_not_used(parcel: Parcel) -> None:
    permit(parcel)
    instance.hold()
    assert pump(parcel.connector_id) == 0
    parcel.refresh_from_db()
    assert (parcel.state, parcel.attempts) == ("queued", 0)


def test_no_token_is_renewed_while_held(parcel: Parcel, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(upkeep, "ensure_access", lambda grant, **_: asked.append(grant.pk))
    instance.hold()
    upkeep.refresh_due()
    assert asked == []


def test_of_two_administrators_one_wins_and_the_audit_log_names_that_one(parcel: Parcel) -> None:
    instance.hold()
    instance.held_since()
    first, second = person(ADMINISTRATOR), person(OPERATOR)
    assert [instance.go_on(by=first), instance.go_on(by=second)] == [True, False]
    entries = LogEntry.objects.filter(content_type__model="instance")
    assert list(entries.values_list("actor", flat=True)) == [first.pk]


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, APPROVER, ADMINISTRATOR])
def test_everybody_reads_why_nothing_is_sent_and_only_administrators_may_go_on(
    parcel: Parcel, role: str
) -> None:
    instance.hold()
    client, boss = client_of(role), role == ADMINISTRATOR
    item = client.get(reverse("admin:index")).context["attention"][0]
    assert (item.count, item.tone, "restored or copied" in item.text) == (1, "danger", True)
    page = client.get(reverse("admin:outbox")).content.decode()
    assert "1 call waits, 1 of them due now." in page
    assert (GO_ON in page) is boss
    url = reverse("admin:outbox_go_on")
    asked = client.get(url)
    assert asked.status_code == (200 if boss else 403)
    assert ("1 call goes out at once" in asked.content.decode()) is boss
    client.post(url)
    assert permits() == 0
    client.post(url, {"confirmed": "yes"})
    assert permits() == (1 if boss else 0)


def test_in_ordinary_times_the_page_says_nothing_and_sends_the_administrator_back() -> None:
    client = client_of(ADMINISTRATOR)
    assert "restored or copied" not in client.get(reverse("admin:outbox")).content.decode()
    assert client.get(reverse("admin:outbox_go_on")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_make_one_identity_and_none_is_held(ours: Path) -> None:
    start, seen = threading.Barrier(12), []

    def work() -> None:
        start.wait()
        seen.append((instance.held_since(), instance.ours()))
        database.close()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {(None, ours.read_text())}
    assert (len(seen), Instance.objects.get().identity) == (12, ours.read_text())
    assert [path.name for path in ours.parent.iterdir()] == ["instance"]


def test_a_folder_that_cannot_be_written_is_said_with_a_way_out(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    with pytest.raises(instance.NoIdentity, match="KAIZALA_INSTANCE"):
        instance.held_since()
    settings.KAIZALA_INSTANCE = "the one and only"
    assert instance.held_since() is None

"""The small parts of a one-machine install."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User

from groups.services import start_connector_sync
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.connectors.signs import sign_of
from kaizala_admin.embedded import connect, console, keys, ports
from kaizala_admin.embedded.child import ROOT, Child
from kaizala_admin.embedded.children import Budgets, Spec
from kaizala_admin.embedded.console import SandboxState
from kaizala_admin.embedded.places import Places, sign
from kaizala_admin.embedded.supervisor import Supervisor
from kaizala_admin.embedded.terminal import CannotStart


def state(**changes: str) -> SandboxState:
    values = {"tenant": "Harvest", "application_id": "app", "application_secret": "s", "refresh_token": "r"}
    return SandboxState(**{**values, **changes}, people=3, public_groups=[], groups=[])


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(tmp_path / "var")
    made.make()
    return made


def nobody(_: float) -> set[str]:
    return set()


def test_keys_are_made_once_and_only_their_owner_can_read_them(places: Places) -> None:
    first = keys.keys(places.secrets)
    assert keys.keys(places.secrets) == first
    Fernet(first["KAIZALA_FIELD_KEYS"])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in places.secrets.iterdir()}
    assert modes == {"secret_key": 0o600, "field_keys": 0o600}
    assert stat.S_IMODE(places.var.stat().st_mode) == 0o700


def manage(var: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "KAIZALA_VAR_DIR": str(var)}
    words = [sys.executable, "-m", "kaizala_admin.embedded.manage", *command]
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_a_command_has_the_keys_and_the_address_of_the_install(places: Places) -> None:
    keys.keys(places.secrets)
    with places.lock() as lock:
        sign(lock, "process 1, http://127.0.0.1:8010/")
        done = manage(places.var, "check")
    said = "System check identified no issues (0 silenced)."
    assert (done.returncode, (done.stdout + done.stderr).strip()) == (0, said)


def test_a_command_before_the_first_start_says_what_to_do(tmp_path: Path) -> None:
    done = manage(tmp_path / "var", "check")
    said = "Nothing is set up here yet. Start bin/run once, then try again."
    assert (done.returncode, (done.stdout + done.stderr).strip()) == (1, said)
    assert not (tmp_path / "var").exists()


def test_starting_over_deletes_the_data_and_keeps_the_keys(places: Places) -> None:
    kept = keys.keys(places.secrets)
    (places.data / "kaizala.sqlite3").write_text("rows")
    (places.sandbox / "deeper").mkdir()
    places.forget()
    assert list(places.data.iterdir()) == list(places.sandbox.iterdir()) == []
    assert keys.keys(places.secrets) == kept


def test_the_sandbox_keeps_its_port(places: Places) -> None:
    keep = places.run / "ports.json"
    first = ports.sandbox_port(keep, ports.any_free())
    assert ports.sandbox_port(keep, ports.any_free()) == first
    with pytest.raises(CannotStart, match=f"Port {first}, which the sandbox keeps, is taken"):
        ports.sandbox_port(keep, first)


def test_a_port_that_is_none_is_said(places: Places) -> None:
    with pytest.raises(CannotStart, match="70000 is no port"):
        ports.web_port(70_000)


def test_a_deep_folder_still_has_a_socket_that_the_system_accepts(tmp_path: Path) -> None:
    path = Places(tmp_path / ("deep" * 40)).broker_socket()
    assert len(bytes(path)) < 100
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.rmdir()


def test_a_child_that_cannot_start_is_named_with_the_end_of_its_log(places: Places) -> None:
    supervisor = Supervisor(places, nobody)
    with pytest.raises(CannotStart) as failure:
        supervisor.start(Spec("worker", ("sh", "-c", "echo no such thing; exit 3"), lambda: False))
    supervisor.stop()
    assert "did not start (exit 3)" in str(failure.value)
    assert str(failure.value).endswith("no such thing")


def test_a_program_that_goes_deaf_is_started_again(places: Places) -> None:
    signs: set[str] = set()
    supervisor = Supervisor(places, lambda _: signs)
    supervisor.start(Spec("worker", ("sleep", "60"), lambda: True, grace=1.0))
    child = supervisor.children["worker"]
    first = child.process
    child.started -= 100
    signs.add(sign_of("worker", 1))  # another one, that this supervisor did not start
    for _ in range(2):
        supervisor._look_for_the_deaf()
    assert child.process is first
    signs.add(child.sign)
    supervisor._look_for_the_deaf()
    assert child.process is first  # once may be a machine that slept
    supervisor._look_for_the_deaf()
    assert child.process is not first
    assert child.alive
    supervisor.stop()
    assert not child.alive


def test_restarts_come_later_and_later(places: Places) -> None:
    child = Child(Spec("web", ("false",), lambda: True), places.log("web"), {"PATH": "/bin:/usr/bin"})
    waits = []
    for _ in range(7):
        child.start()
        waits.append(child.bury())
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_large_log_is_started_anew_and_one_part_kept(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaizala_admin.embedded.child.LARGEST_LOG", 10)
    child = Child(Spec("web", ("true",), lambda: True), places.log("web"), {})
    child.log.write_text("a long story")
    child.trim_log()
    assert child.log.read_text() == ""
    assert child.log.with_suffix(".log.1").read_text() == "a long story"


@pytest.mark.django_db
def test_connecting_twice_changes_nothing() -> None:
    first = connect.connect("http://127.0.0.1:8001", state(), Budgets())
    second = connect.connect("http://127.0.0.1:8001", state(), Budgets())
    assert first == second
    assert [Tenant.objects.count(), Connector.objects.count(), Grant.objects.count()] == [1, 1, 1]


@pytest.mark.django_db
def test_another_sandbox_brings_its_own_grant() -> None:
    connect.connect("http://127.0.0.1:8001", state(), Budgets())
    connector = connect.connect(
        "http://127.0.0.1:8009", state(application_id="b", refresh_token="n"), Budgets()
    )
    assert [grant.refresh_token for grant in connector.grants.all()] == ["n"]
    assert connector.api_root == "http://127.0.0.1:8009"


@pytest.mark.django_db
def test_another_sandbox_is_reached_also_when_rows_hang_on_the_grant() -> None:
    connector = connect.connect("http://127.0.0.1:8001", state(), Budgets())
    start_connector_sync(connector)
    connector.grants.update(state="revoked", access_token="old", endpoint_url="http://127.0.0.1:8001")
    connect.connect("http://127.0.0.1:8001", state(application_id="b", refresh_token="n"), Budgets())
    grant = Grant.objects.get()
    assert (grant.refresh_token, grant.state, grant.access_token) == ("n", "working", "")


@pytest.mark.django_db
def test_a_sandbox_that_moved_is_called_at_its_new_address() -> None:
    connector = connect.connect("http://127.0.0.1:8001", state(), Budgets())
    connector.grants.update(access_token="old", endpoint_url="http://127.0.0.1:8001")
    connect.connect("http://127.0.0.1:8009", state(), Budgets())
    grant = Grant.objects.get()
    assert (grant.endpoint_url, grant.access_token, grant.refresh_token) == ("", "", "r")


@pytest.mark.django_db
def test_connecting_again_puts_nothing_back_that_was_changed_meanwhile() -> None:
    connector = connect.connect("http://127.0.0.1:8001", state(), Budgets())
    connector.grants.update(access_token="bought")
    Connector.objects.update(health=Connector.Health.NEEDS_ATTENTION, batch_size=7)
    connect.connect("http://127.0.0.1:8001", state(), Budgets())
    stored = Connector.objects.get()
    assert (stored.health, stored.batch_size) == (Connector.Health.NEEDS_ATTENTION, 7)
    assert Grant.objects.get().access_token == "bought"


@pytest.mark.django_db
def test_the_administrator_is_made_once_and_the_password_can_be_made_anew() -> None:
    first = console.make_administrator()
    assert first is not None
    assert console.make_administrator() is None
    name, second = console.reset_password()
    admin = User.objects.get()
    assert (admin.username, admin.check_password(first), admin.check_password(second)) == (name, False, True)


@pytest.mark.django_db
def test_no_password_is_made_anew_where_there_is_nobody() -> None:
    with pytest.raises(CannotStart, match="There is no administrator yet"):
        console.reset_password()

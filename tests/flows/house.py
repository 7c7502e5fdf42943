"""The whole house as real processes over the test database: what flow tests talk to."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction

from groups.models import Group, SyncRun
from groups.services import start_connector_sync
from kaizala_admin.connectors.models import Connector, Heartbeat, Lease
from kaizala_admin.embedded import children, connect, console, ports
from kaizala_admin.embedded.child import ROOT
from kaizala_admin.embedded.children import Budgets, Ports
from kaizala_admin.embedded.ledger import compare, received
from kaizala_admin.embedded.places import Places
from kaizala_admin.embedded.supervisor import Supervisor
from messaging import services
from messaging.models import Broadcast

PEOPLE = 300
SYNC = 120.0  # seconds that a busy machine may take for the whole organisation
THREADS = 8
BUDGETS = Budgets(connector=6_000, tenant=18_000)
APPS = ("connectors", "exports", "outbox", "webhooks", "groups", "messaging", "surveys", "axes", "auditlog")
KEPT = ("Lease", "Heartbeat")
PASSWORD = "reap-what-you-sow-2026"
T = TypeVar("T")


def database_url() -> str:
    """The test database, as other processes are told of it."""
    now = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{now['NAME']}"
    where = f"{now['HOST']}:{now['PORT']}" if now["PORT"] else quote(str(now["HOST"]), safe="")
    return f"postgres://{now['USER']}:{quote(str(now['PASSWORD']))}@{where}/{now['NAME']}"


class House:
    """Sandbox, broker, worker, beat, dispatcher and web. `clean` makes it as new between tests."""

    people, threads, budgets = PEOPLE, THREADS, BUDGETS  # that it starts with

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.places.make()
        web = ports.any_free()
        self.ports = Ports(web, ports.sandbox_port(self.places.run / "ports.json", web))
        self.socket = self.places.broker_socket()
        self.sandbox_url = f"http://{ports.HOST}:{self.ports.sandbox}"
        self.web_url = f"http://{ports.HOST}:{self.ports.web}"
        self.supervisor = Supervisor(self.places, lambda _: set(), self._environment())
        self.session = requests.Session()
        self.session.trust_env = False

    def start(self) -> None:
        settings.REDIS_URL = f"unix://{self.socket}"  # what is posted here wakes the dispatcher there
        self.supervisor.start(
            children.broker(self.places, self.socket),
            children.sandbox(self.places, self.ports, self.people, self.budgets),
        )
        self.collect_static()
        self.supervisor.start(
            children.worker(self.threads, settings.REDIS_URL),
            children.beat(self.places),
            children.dispatcher(),
            children.web(self.places, self.ports),
        )

    def collect_static(self) -> None:
        """As production does: the pages ask for hashed names."""
        command = [sys.executable, "manage.py", "collectstatic", "--no-input"]
        subprocess.run(command, cwd=ROOT, env=self._environment(), check=True, capture_output=True)

    def stop(self) -> None:
        settings.REDIS_URL = ""
        self.session.close()
        self.supervisor.stop()
        for model in (Lease, Heartbeat):
            model.objects.all().delete()

    def clean(self) -> None:
        """Nobody in the console's tables, and the sandbox as seeded."""
        self.delete("/sandbox/faults")
        with transaction.atomic(), connection.cursor() as cursor:
            for model in [model for app in APPS for model in apps.get_app_config(app).get_models(True)]:
                if model.__name__ not in KEPT:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
            User.objects.all().delete()
        self.post("/sandbox/reset", seed=1, people=PEOPLE)
        budgets = {"connectorPerMinute": BUDGETS.connector, "tenantPerMinute": BUDGETS.tenant}
        self.post("/sandbox/budgets", **budgets)
        self.delete("/sandbox/calls")

    def connect(self, **fields: Any) -> Connector:
        """The sandbox's connector, as `bin/run` adds it; `fields` are changed on it."""
        state = console.sandbox_state(self.sandbox_url)
        connector = connect.connect(self.sandbox_url, state, BUDGETS)
        Connector.objects.filter(pk=connector.pk).update(**fields)
        connector.refresh_from_db()
        return connector

    def administrator(self) -> User:
        return User.objects.create_superuser("admin", "", PASSWORD)

    def sync(self, connector: Connector) -> None:
        """Everything that the connector reaches, to the end."""
        start_connector_sync(connector)
        self.wait(lambda: not SyncRun.objects.filter(state__in=["queued", "sending"]).exists(), SYNC)
        assert set(SyncRun.objects.values_list("state", flat=True)) == {"sent"}

    def send(self, mode: str, groups: Iterable[Group], text: str) -> Broadcast:
        """Writes and launches a text, as the form does."""
        return self.launch(mode, groups, "text", {"message": text})

    def launch(self, mode: str, groups: Iterable[Group], kind: str, content: dict[str, Any]) -> Broadcast:
        """The same for every kind."""
        chosen = list(groups)
        draft = services.save_draft(
            tenant=chosen[0].tenant,
            choice=services.Choice(mode, tuple(group.pk for group in chosen)),
            content=content,
            by=None,
            kind=kind,
        )
        assert services.launch(draft, None, services.check(draft).people) is True
        return Broadcast.objects.get(pk=draft.pk)

    def finish(self, broadcast: Broadcast) -> Broadcast:
        """Waits until nothing of it is on its way."""
        self.wait(lambda: Broadcast.objects.get(pk=broadcast.pk).state in ("finished", "cancelled"))
        return Broadcast.objects.get(pk=broadcast.pk)

    def differences(self, broadcast: Broadcast) -> list[str]:
        """Between our ledger and the phones'."""
        rows = self.get("/sandbox/ledger", text=broadcast.content["message"], limit=10_000)["rows"]
        return compare(broadcast, received(rows))

    def wait(self, check: Callable[[], T | None], seconds: float = 40.0) -> T:
        """The first true answer of `check`. Raises TimeoutError with the ends of the logs."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if answer := check():
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"not within {seconds:g} s\n{self.logs()}")

    def logs(self) -> str:
        paths = sorted(self.places.logs.glob("*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text()[-2000:]}" for path in paths)

    def get(self, path: str, **query: Any) -> Any:
        return self._answer("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Any:
        return self._answer("POST", path, json=body)

    def delete(self, path: str) -> Any:
        return self._answer("DELETE", path)

    def _answer(self, method: str, path: str, **more: Any) -> Any:
        answer = self.session.request(method, f"{self.sandbox_url}{path}", timeout=30, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "kaizala_admin.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": f"unix://{self.socket}",
            "KAIZALA_VAR_DIR": str(self.places.var),
            "KAIZALA_SANDBOX_URL": self.sandbox_url,
            "KAIZALA_READ_TIMEOUT": "5",
        }

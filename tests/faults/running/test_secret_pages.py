"""F28: no secret stands on a page that an administrator opens, or in a file that one exports."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import NoReverseMatch

from kaizala_admin.connectors import call_log
from kaizala_admin.connectors.models import Connector, Tenant
from kaizala_admin.exports import kinds, services, work
from kaizala_admin.exports.models import Export
from kaizala_admin.webhooks.models import Subscription
from surveys.models import Action
from tests.faults.harness import FaultHouse
from tests.faults.running.test_absence import hook, sign_in
from tests.faults.running.test_secrets import hits, secrets
from tests.faults.sizes import EVERYTHING
from tests.house.addresses import Address, addresses, path_of, registered
from tests.house.test_addresses import values_for
from tests.house.world import have

__all__ = ["hook"]

CLOSE = ("admin:connectors_", "admin:outbox_", "admin:webhooks_")  # the pages next to the secrets
MUST_OPEN = {"admin:connectors_connector_change", "admin:connectors_grant_change"} | {
    "admin:connectors_apicall_changelist",
    "admin:webhooks_subscription_change",
}


def opened(house: FaultHouse) -> Iterator[tuple[str, str]]:
    """The name and the text of every page that an administrator gets."""
    rows = {name: model._default_manager.first() for name, (model, _admin) in registered().items()}
    there = {name: row for name, row in rows.items() if row is not None}
    for address in addresses():
        if not address.name.startswith("admin:log") and (EVERYTHING or address.name.startswith(CLOSE)):
            answer = house.session.get(f"{house.web_url}{_path(address, there)}", timeout=60)
            if answer.status_code == 200:
                yield address.name, answer.text


def _path(address: Address, rows: dict[str, Any]) -> str:
    try:
        return path_of(address, values_for(address, rows))
    except NoReverseMatch:
        return "/"


def test_no_secret_stands_on_a_page(house: FaultHouse, hook: Subscription, connector: Connector) -> None:
    house.fault("error-after", times=3)
    house.fault("expired-token", times=3)
    house.settled(house.to_all("Canary of the pages"))
    assert house.struck() == 6
    call_log.flush()
    sign_in(house)
    hidden, seen, found = secrets(), {}, {}
    for name, text in opened(house):
        seen[name] = text
        if hits(text, hidden):
            found[name] = hits(text, hidden)
    assert found == {}
    assert seen.keys() >= MUST_OPEN
    assert connector.application_id in seen["admin:connectors_connector_change"]


def parameters_of(kind: str, action: Action) -> dict[str, Any]:
    if kind == "exports.archive":
        return {"tenant": Tenant.objects.get().pk}
    return {"action": action.pk} if kind.startswith("surveys.") else {}


def content(path: Path) -> str:
    """Of a file, or of everything in it."""
    if not zipfile.is_zipfile(path):
        return path.read_text()
    with zipfile.ZipFile(path) as packed:
        return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


@pytest.fixture
def action(house: FaultHouse) -> Iterator[Action]:
    made: Action = have(Action)
    yield made
    made.delete()


def test_no_secret_stands_in_an_export(
    house: FaultHouse, hook: Subscription, action: Action, tmp_path: Path, settings: Any
) -> None:
    settings.EXPORTS_DIR = tmp_path
    house.settled(house.to_all("Canary of the exports"))
    hidden, made = secrets(), 0
    for kind in kinds.every():
        for written in kind.formats if EVERYTHING else kind.formats[:1]:
            asked = parameters_of(kind.key, action)
            export = services.start(
                kind=kind.key, parameters=asked, file_format=written, by=None, ring_a_worker=False
            )
            assert work.run(export.pk, in_line=False), Export.objects.get(pk=export.pk).detail
            export.refresh_from_db()
            assert (kind.key, written, hits(content(tmp_path / export.file), hidden)) == (
                kind.key,
                written,
                0,
            )
            made += 1
    Export.objects.all().delete()
    assert made >= len(kinds.every()) >= 5

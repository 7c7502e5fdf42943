"""An archive of a tenant: whole, verifiable, and the same in a fresh database."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.urls import reverse

from groups.figures.models import DailyTotal, TenantTotal
from groups.imports.models import ImportRun
from groups.models import Group, Member
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.exports import archive, services, work
from kaizala_admin.exports.archive import parts
from kaizala_admin.exports.archive.reading import BadArchive, verify
from kaizala_admin.exports.archive.restoring import CannotRestore, restore
from kaizala_admin.exports.models import Export
from kaizala_admin.outbox.models import Attempt
from kaizala_admin.ui.roles import ADMINISTRATOR, APPROVER
from kaizala_admin.webhooks.models import Subscription
from messaging.media.models import MediaUpload
from messaging.models import Broadcast, Dispatch
from tests.house.people import person
from tests.house.world import CANARY, have

from .conftest import signed_in

pytestmark = pytest.mark.django_db


def filled() -> Tenant:
    """One row of everything that an archive holds; each in the same tenant."""
    for part in parts.every():
        if not part.model._meta.auto_created:
            have(part.model)
    tenant = Tenant.objects.get(pk=1) if Tenant.objects.filter(pk=1).exists() else Tenant.objects.all()[0]
    broadcast = Broadcast.objects.order_by("pk")[0]
    broadcast.uses.add(*broadcast.uses.model._default_manager.all())
    Attempt.objects.update(row_class="messaging.dispatch", row_id=Dispatch.objects.order_by("pk")[0].pk)
    return tenant


def made(folder: Path, tenant: Tenant) -> Path:
    export = services.start(
        kind="exports.archive", parameters={"tenant": tenant.pk}, file_format="zip", by=None
    )
    work.run(export.pk)
    done = Export.objects.get(pk=export.pk)
    assert (done.state, done.rows_done) == ("done", done.rows_expected), done.detail
    return folder / done.file


def counts() -> dict[str, int]:
    return {part.name: part.model._base_manager.count() for part in parts.every()}


def empty() -> None:
    """The database as fresh as a test can make it."""
    for part in reversed(parts.every()):
        part.model._base_manager.all().delete()
    Export.objects.all().delete()


@pytest.fixture
def kept() -> Iterator[dict[str, bytes]]:
    """A kind of files of the test's own."""
    found: dict[str, bytes] = {}

    def files(tenant: int) -> Iterator[tuple[str, IO[bytes]]]:
        yield "a.png", io.BytesIO(b"\x89PNG" * 1_000)

    archive.register_files("pictures", files, lambda name, file: found.update({name: file.read()}))
    yield found
    parts._FILES.pop("pictures")


def test_a_restored_archive_has_the_same_rows_of_everything(folder: Path, kept: dict[str, bytes]) -> None:
    file = made(folder, filled())
    names = list(Member.objects.values_list("pk", "name", "first_seen_at", "group__tenant__name"))
    before, moved = counts(), file.rename(folder.parent / "tenant.zip")
    assert min(before.values()) > 0, before
    empty()
    assert sum(counts().values()) == 0
    assert restore(moved) == before == counts()
    assert list(Member.objects.values_list("pk", "name", "first_seen_at", "group__tenant__name")) == names
    assert kept == {"a.png": b"\x89PNG" * 1_000}
    assert TenantTotal.objects.count() == DailyTotal.objects.count() == 1  # added up again
    fresh = Group.objects.create(
        tenant=Tenant.objects.all()[0], group_id="new", name="new", first_seen_at=names[0][2]
    )
    assert fresh.pk > max(key for key, *_rest in names)


def test_what_is_restored_sends_nothing(folder: Path) -> None:
    tenant = filled()
    Broadcast.objects.update(state="running")
    ImportRun.objects.update(state="running")
    Subscription.objects.update(state="active", remote_id="hook")
    file = made(folder, tenant)
    empty()
    restore(file)
    assert set(Connector.objects.values_list("is_active", flat=True)) == {False}
    assert set(Grant.objects.values_list("state", flat=True)) == {"revoked"}
    assert set(Broadcast.objects.values_list("state", flat=True)) == {"paused"}
    assert set(Dispatch.objects.values_list("state", "held")) == {("queued", True)}
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"paused"}
    ended = Subscription.objects.get()
    assert (ended.state, ended.path_digest, ended.path_token.startswith(CANARY)) == ("ended", "", False)
    assert set(MediaUpload.objects.values_list("resource", flat=True)) == {""}


def test_no_secret_and_no_other_tenant_is_in_an_archive(folder: Path) -> None:
    tenant = filled()
    have(Member, 2)
    with zipfile.ZipFile(made(folder, tenant)) as packed:
        texts = {name: packed.read(name).decode() for name in packed.namelist()}
    assert [name for name, text in texts.items() if CANARY in text] == []
    assert len(texts["groups/member.jsonl"].splitlines()) == 1
    assert len(texts["connectors/tenant.jsonl"].splitlines()) == 1


def test_every_part_comes_after_what_it_points_at() -> None:
    known: set[Any] = set()
    wrong = []
    for part in parts.every():
        known.add(part.model)
        for field in part.model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and not field.null and field.related_model not in known:
                wrong.append(f"{part.name}.{field.name}")
    assert wrong == []
    assert apps.get_model("connectors", "tenant") in known


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(file) as packed:
        entries = {name: packed.read(name) for name in packed.namelist()}
    change(entries)
    other = file.parent / "changed.zip"
    with zipfile.ZipFile(other, "w") as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
    return other


def _change_a_row(entries: dict[str, bytes]) -> None:
    entries["groups/member.jsonl"] = entries["groups/member.jsonl"].replace(b"name", b"nome", 1)


def _drop_a_part(entries: dict[str, bytes]) -> None:
    del entries["groups/member.jsonl"]


def _add_a_file(entries: dict[str, bytes]) -> None:
    entries["extra.txt"] = b"?"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_change_a_row, "groups/member.jsonl was changed: its checksum is another."),
        (_drop_a_part, "groups/member.jsonl is missing."),
        (_add_a_file, "extra.txt is not in the manifest."),
    ],
)
def test_whatever_was_done_to_an_archive_is_found(folder: Path, change: Any, words: str) -> None:
    other = rewritten(made(folder, filled()), change)
    assert verify(other).problems == [words]
    with pytest.raises(CannotRestore, match=words):
        restore(other)


def test_what_is_no_archive_of_ours_is_refused_in_words(folder: Path, tmp_path: Path) -> None:
    def later(entries: dict[str, bytes]) -> None:
        entries["manifest.json"] = entries["manifest.json"].replace(b'"version": 1', b'"version": 2')

    plain = tmp_path / "plain.zip"
    plain.write_bytes(b"not a zip")
    for file in (plain, tmp_path / "nowhere.zip", rewritten(made(folder, filled()), later)):
        with pytest.raises(BadArchive):
            verify(file)


def test_the_commands_say_what_they_find_and_change_nothing_unasked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = made(folder, filled())
    call_command("verify_archive", file, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["rows"]["groups.member"], told["problems"]) == (True, 1, [])
    with pytest.raises(CommandError, match="has a tenant already"):
        call_command("restore_archive", file, "--apply")
    with pytest.raises(CommandError, match="has a tenant already"):
        call_command("restore_archive", file)
    before = counts()
    empty()
    call_command("restore_archive", file)
    assert sum(counts().values()) == 0
    assert "Nothing was changed; add --apply." in capsys.readouterr().out
    call_command("restore_archive", file, "--apply")
    assert counts() == before
    with pytest.raises(CommandError, match="was changed"):
        call_command("verify_archive", rewritten(file, _change_a_row))


def test_only_administrators_are_offered_an_archive() -> None:
    Tenant.objects.create(name="Harvest")
    path = reverse("admin:exports_export_changelist")
    offered = signed_in(person(ADMINISTRATOR)).get(path)
    assert [name for name, _url in offered.context["archives"]] == ["Harvest"]
    (url,) = [url for _name, url in offered.context["archives"]]
    approver = signed_in(person(APPROVER))
    assert (approver.get(url).status_code, approver.get(path).context["archives"]) == (403, [])

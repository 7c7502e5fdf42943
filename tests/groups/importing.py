"""Imports in tests: a sheet as text, read at once."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from groups.imports import feeding, reading, services
from groups.imports.models import ImportRow, ImportRun
from groups.models import Group, Member, Reach, Subscriber
from kaizala_admin.connectors.models import Grant

from .changing import again, run_all


def upload(sheet: str | bytes, kind: str = "add", name: str = "people.csv", **more: Any) -> ImportRun:
    """Stored, not read yet."""
    data = sheet.encode() if isinstance(sheet, str) else sheet
    return services.start(kind=kind, file_name=name, chunks=[data], **more)


def checked(sheet: str | bytes, kind: str = "add", **more: Any) -> ImportRun:
    """Stored and read."""
    run = upload(sheet, kind, **more)
    reading.read(run.pk)
    return stored(run)


def stored(run: ImportRun) -> ImportRun:
    found = again(run)
    assert isinstance(found, ImportRun)
    return found


def apply(run: ImportRun) -> ImportRun:
    """Accepted, queued and called, to the end."""
    assert services.accept(run=run) is True
    while feeding.feed(run.pk) or ImportRow.objects.filter(run=run, state="ready").exists():
        run_all()
    run_all()
    feeding.feed(run.pk)
    return stored(run)


def states(run: ImportRun) -> dict[str, int]:
    """Rows by state."""
    return {name: count for name, count in reading.counts(run).items() if ":" not in name}


def rows(run: ImportRun) -> list[tuple[int, str, str, str]]:
    """(line, number, state, problem) in their order."""
    found = ImportRow.objects.filter(run=run).order_by("id")
    return list(found.values_list("line", "mobile_number", "state", "problem"))


def make_group(
    grant: Grant, key: str = "g1", name: str = "Wells", public: bool = False, admin: bool = True
) -> Group:
    """A group of our grant's, with no service behind it."""
    now = timezone.now()
    group = Group.objects.create(
        tenant=grant.connector.tenant,
        group_id=key,
        name=name,
        first_seen_at=now,
        synced_at=now,
        group_type="ConnectGroup" if public else "Group",
    )
    Reach.objects.create(grant=grant, group=group, role="Admin" if admin else "Member", first_seen_at=now)
    return group


def fill(group: Group, *numbers: str, role: str = "Member") -> None:
    """People of the mirror."""
    now = timezone.now()
    for number in numbers:
        fields = {"group": group, "person_id": f"p{number}", "mobile_number": number, "first_seen_at": now}
        if group.group_type == "ConnectGroup":
            Subscriber.objects.create(**fields)
        else:
            Member.objects.create(role=role, **fields)

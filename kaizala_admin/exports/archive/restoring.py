"""Putting an archive into a fresh database: the same rows under the same keys, and nothing that sends."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import BinaryField, Model
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Connector, Grant, Tenant

from .parts import Part, every, every_files
from .reading import BadArchive, opened, verify

BATCH = 1_000
_AFTER: list[Callable[[], None]] = []


class CannotRestore(Exception):
    """It would mix with what is there, or the archive is not sound. `str()` says so, for a person."""


def after_restore(step: Callable[[], None]) -> None:
    """Apps above add what keeps restored rows from being sent; run in the restore's transaction."""
    if step not in _AFTER:
        _AFTER.append(step)


def restore(path: Path) -> dict[str, int]:
    """Everything or nothing; returns the rows of each part. Raises CannotRestore or BadArchive.

    Connectors come back switched off and without secrets, grants revoked: add both anew.
    """
    check(path)
    known = {part.name: part for part in every()}
    with opened(path) as (packed, manifest), transaction.atomic():
        _refuse_a_mix()
        rows = {entry["name"]: _load(packed, entry, known[entry["name"]]) for entry in manifest["parts"]}
        Connector.objects.update(is_active=False)
        Grant.objects.update(state=Grant.State.REVOKED)
        for step in _AFTER:
            step()
        _reset_sequences([known[name].model for name in rows])
        _keep_files(packed, manifest)
    return rows


def check(path: Path) -> dict[str, int]:
    """The rows that `restore` would write. Raises CannotRestore or BadArchive as it would."""
    report = verify(path)
    if not report.is_sound:
        raise CannotRestore("\n".join(report.problems))
    if strange := sorted(report.rows.keys() - {part.name for part in every()}):
        raise CannotRestore(_("This console does not know %(part)s.") % {"part": strange[0]})
    _refuse_a_mix()
    return report.rows


def _refuse_a_mix() -> None:
    if Tenant.objects.exists():
        raise CannotRestore(_("This database has a tenant already. Restore into a fresh one."))


def _load(packed: zipfile.ZipFile, entry: dict[str, Any], part: Part) -> int:
    fields = {field.attname: field for field in part.fields()}
    done = 0
    with packed.open(entry["file"]) as file:
        rows = (_row(part.model, fields, line) for line in io.TextIOWrapper(file, "utf-8", newline="\n"))
        while some := list(islice(rows, min(BATCH, part.page))):
            part.model._base_manager.bulk_create(some, batch_size=BATCH)
            done += len(some)
    return done


def _row(model: type[Model], fields: dict[str, Any], line: str) -> Model:
    """Fields that this version of the console does not have any more are left out."""
    values = json.loads(line)
    return model(**{name: _value(fields[name], value) for name, value in values.items() if name in fields})


def _value(field: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, BinaryField):
        return base64.b64decode(value)
    target = field.target_field if field.is_relation else field
    return value if target.get_internal_type() == "JSONField" else target.to_python(value)


def _reset_sequences(models: list[type[Model]]) -> None:
    """PostgreSQL goes on counting behind the restored keys."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _keep_files(packed: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    kinds = {kind.key: kind for kind in every_files()}
    for entry in manifest["files"]:
        if entry["kind"] not in kinds:
            raise BadArchive(_("This console does not know %(part)s.") % {"part": entry["kind"]})
        with packed.open(entry["file"]) as file:
            kinds[entry["kind"]].keep(entry["name"], file)

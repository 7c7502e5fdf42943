"""Writing an archive: a part at a time, a page of rows at a time, in constant memory."""

import base64
import hashlib
import json
import zipfile
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.exports.kinds import BadParameters, Parameters, Tick
from kaizala_admin.exports.paging import pages

from .parts import FORMAT, MANIFEST, VERSION, Files, Part, every, every_files

BLOCK = 1 << 18
Entry = dict[str, Any]


class Encoder(DjangoJSONEncoder):
    """Bytes in base64; the rest as Django writes it."""

    def default(self, o: Any) -> Any:
        if isinstance(o, bytes | memoryview | array):
            return base64.b64encode(bytes(o)).decode()
        if isinstance(o, datetime):
            return o.isoformat()  # to the microsecond, which Django's own would drop
        return super().default(o)


ENCODE = Encoder(ensure_ascii=False, separators=(",", ":")).encode


def write(file: IO[bytes], parameters: Parameters, tick: Tick) -> None:
    """{"tenant": its key}. Raises BadParameters when there is no such tenant."""
    tenant = Tenant.objects.filter(pk=_key(parameters)).first()
    if tenant is None:
        raise BadParameters(_("There is no such tenant."))
    done = Done(tick)
    # Children first: what they point at is older than they are, so no child is in it without its parents.
    last = {part.name: _last(part, tenant.pk) for part in reversed(every())}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        entries = [_part(packed, part, tenant.pk, last[part.name], done) for part in every()]
        files = [one for kind in every_files() for one in _files(packed, kind, tenant.pk, done)]
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "tenant": {"id": tenant.pk, "name": tenant.name},
            "parts": entries,
            "files": files,
        }
        packed.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))


def count(parameters: Parameters) -> int:
    """Rows of all parts."""
    return sum(part.rows(_key(parameters)).count() for part in every())


def _key(parameters: Parameters) -> int:
    key = parameters.get("tenant")
    if not isinstance(key, int):
        raise BadParameters(_("There is no such tenant."))
    return key


class Done:
    """Rows written so far, told to the export."""

    def __init__(self, tick: Tick) -> None:
        self.tick, self.rows = tick, 0

    def more(self, rows: int) -> None:
        self.rows += rows
        self.tick(self.rows)


def _last(part: Part, tenant: int) -> Any:
    return part.rows(tenant).aggregate(last=Max("pk"))["last"]


def _part(packed: zipfile.ZipFile, part: Part, tenant: int, last: Any, done: Done) -> Entry:
    names = [field.attname for field in part.fields()]
    digest, rows, size = hashlib.sha256(), 0, 0
    with packed.open(part.file, "w", force_zip64=True) as entry:
        for page in _pages(part, tenant, last, names):
            data = "".join(f"{ENCODE(dict(zip(names, row[1:], strict=True)))}\n" for row in page).encode()
            entry.write(data)
            digest.update(data)
            rows, size = rows + len(page), size + len(data)
            done.more(len(page))
    return {"name": part.name, "file": part.file, "rows": rows, "size": size, "sha256": digest.hexdigest()}


def _pages(part: Part, tenant: int, last: Any, names: list[str]) -> Iterator[list[tuple[Any, ...]]]:
    if last is None:
        return iter(())
    return pages(part.rows(tenant).filter(pk__lte=last), *names, size=part.page)


def _files(packed: zipfile.ZipFile, kind: Files, tenant: int, done: Done) -> Iterator[Entry]:
    for name, source in kind.files(tenant):
        digest, size, path = hashlib.sha256(), 0, f"{kind.key}/{name}"
        with source, packed.open(path, "w", force_zip64=True) as entry:
            for block in iter(lambda read=source.read: read(BLOCK), b""):  # type: ignore[misc]
                entry.write(block)
                digest.update(block)
                size += len(block)
                done.more(0)
        yield {"kind": kind.key, "name": name, "file": path, "size": size, "sha256": digest.hexdigest()}

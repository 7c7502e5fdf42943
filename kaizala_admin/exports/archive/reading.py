"""Reading an archive and checking it: nothing missing, nothing added, nothing changed."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from .parts import FORMAT, MANIFEST, VERSION

BLOCK = 1 << 18
MOST_MANIFEST = 64 << 20  # bytes


class BadArchive(Exception):
    """The file is no archive of ours, or of a version that this console does not know."""


@dataclass
class Report:
    """What was found; `problems` are sentences for a person."""

    tenant: str = ""
    made_at: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.problems


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The file with its manifest. Raises BadArchive."""
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed, _manifest(packed)
    except (OSError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", None) or error
        raise BadArchive(_("The file cannot be read: %(why)s") % {"why": why}) from error


def verify(path: Path) -> Report:
    """Reads every byte, in constant memory. Raises BadArchive when there is nothing to compare with."""
    with opened(path) as (packed, manifest):
        report = Report(manifest["tenant"]["name"], manifest["made_at"])
        listed = {entry["file"]: entry for entry in (*manifest["parts"], *manifest["files"])}
        found = [name for name in packed.namelist() if name != MANIFEST]
        for name in sorted(set(found) - listed.keys()):
            report.problems.append(_("%(file)s is not in the manifest.") % {"file": name})
        for name in sorted({name for name in found if found.count(name) > 1}):
            report.problems.append(_("%(file)s is there twice.") % {"file": name})
        for name, entry in listed.items():
            rows = _check(packed, name, entry, report)
            if "rows" in entry:
                report.rows[entry["name"]] = rows
        report.files = len(manifest["files"])
    return report


def _manifest(packed: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if packed.getinfo(MANIFEST).file_size > MOST_MANIFEST:
            raise BadArchive(_("The manifest is too large."))
        manifest = json.loads(packed.read(MANIFEST))
        told = manifest["format"], manifest["version"]
        needed = manifest["tenant"]["name"], manifest["made_at"], manifest["parts"], manifest["files"]
    except (KeyError, TypeError, ValueError) as error:
        raise no_archive() from error
    if told != (FORMAT, VERSION) or None in needed:
        raise no_archive()
    return dict(manifest)


def no_archive() -> BadArchive:
    words = _("This is no archive of Kaizala Admin, or of a later version (this console knows %(version)d).")
    return BadArchive(words % {"version": VERSION})


def _check(packed: zipfile.ZipFile, name: str, entry: dict[str, Any], report: Report) -> int:
    """Compares one file with its entry; returns its lines."""
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        with packed.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
                lines += block.count(b"\n")
                if size > entry["size"]:
                    break  # longer than it says: a bomb need not be read to its end
    except KeyError:
        report.problems.append(_("%(file)s is missing.") % {"file": name})
        return 0
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        report.problems.append(_("%(file)s cannot be read: %(why)s") % {"file": name, "why": error})
        return lines
    if (size, digest.hexdigest()) != (entry["size"], entry["sha256"]):
        report.problems.append(_("%(file)s was changed: its checksum is another.") % {"file": name})
    elif "rows" in entry and lines != entry["rows"]:
        told = {"file": name, "told": entry["rows"], "found": lines}
        report.problems.append(_("%(file)s holds %(found)d rows, not %(told)d.") % told)
    return lines

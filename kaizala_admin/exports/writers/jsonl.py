"""JSON lines: one object a row, by the columns' keys. Nothing has to be made safe: nobody computes JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise

from kaizala_admin.exports.columns import Cell, Column, Columns

from .cells import zones


class JsonTable:
    """A time is `key` in UTC, and `key_local` with its offset."""

    def __init__(self, path: Path, columns: Sequence[Column], zone: ZoneInfo) -> None:
        self.file = path.open("w", encoding="utf-8", newline="\n", buffering=1 << 18)
        self.keys = [column.key for column in columns]
        self.times = [at for at, column in enumerate(columns) if column.cell == Cell.TIME]
        self.zone = zone if len(zones(zone)) > 1 else None
        self.encode = json.JSONEncoder(ensure_ascii=False, default=_other).encode

    def write(self, page: Columns) -> None:
        rows = zip(*page, strict=True)
        self.file.writelines(f"{self.encode(self._object(row))}\n" for row in rows)

    def _object(self, row: Sequence[Any]) -> dict[str, Any]:
        found = dict(zip(self.keys, row, strict=True))
        if self.zone is not None:
            for at in self.times:
                there = row[at].astimezone(self.zone).isoformat(timespec="seconds") if row[at] else None
                found[f"{self.keys[at]}_local"] = there
        return found

    def close(self) -> None:
        self.file.close()


def _other(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a cell")

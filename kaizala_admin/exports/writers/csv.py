"""CSV (RFC 4180) with a byte-order mark, every cell quoted."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kaizala_admin.exports.columns import Column

from .cells import as_text, headings


class CsvTable:
    def __init__(self, path: Path, columns: Sequence[Column], zone: ZoneInfo) -> None:
        self.columns, self.zone = columns, zone
        # Python encodes utf-8 by itself; utf-8-sig would cost a call of a codec for each row.
        self.file = path.open("w", encoding="utf-8", newline="", buffering=1 << 18)
        self.file.write("\ufeff")
        self.out = csv.writer(self.file, quoting=csv.QUOTE_ALL)
        self.out.writerow(headings(columns, zone, plus=False))

    def write(self, page: Sequence[Sequence[Any]]) -> None:
        pairs = zip(self.columns, zip(*page, strict=True), strict=True)
        cells = [one for column, values in pairs for one in as_text(column, values, self.zone)]
        self.out.writerows(zip(*cells, strict=True))

    def close(self) -> None:
        self.file.close()

"""CSV (RFC 4180) with a byte-order mark, every cell quoted."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from kaizala_admin.exports.columns import Column, Columns

from .cells import as_text, headings


class CsvTable:
    def __init__(self, path: Path, columns: Sequence[Column], zone: ZoneInfo) -> None:
        self.columns, self.zone = columns, zone
        # Python encodes utf-8 by itself; utf-8-sig would cost a call of a codec for each page.
        self.file = path.open("w", encoding="utf-8", newline="", buffering=1 << 18)
        self.file.write("\ufeff")
        self.file.write(lines([[title] for title in headings(columns, zone, plus=False)]))

    def write(self, page: Columns) -> None:
        pairs = zip(self.columns, page, strict=True)
        self.file.write(
            lines([one for column, values in pairs for one in as_text(column, values, self.zone)])
        )

    def close(self) -> None:
        self.file.close()


def lines(columns: Sequence[Sequence[str]]) -> str:
    """At least one row, by its columns. The csv module looks at each cell by itself: half as fast."""
    rows = zip(*map(_doubled, columns), strict=True)
    return '"{}"\r\n'.format('"\r\n"'.join(map('","'.join, rows)))


def _doubled(values: Sequence[str]) -> Sequence[str]:
    """With each quotation mark twice; hardly a page has one, so it is looked at as a whole."""
    return [value.replace('"', '""') for value in values] if '"' in "".join(values) else values

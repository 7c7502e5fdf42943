"""Which column of a sheet holds the phone numbers: by its heading, else by what stands in it."""

import re
from collections.abc import Sequence

from groups.reading import sheets
from groups.reading.numbers import normalise

LOOKED_AT = 50  # rows
_COMMON = """
cell cellphone contact contactnumber mobile mobileno mobilenumber mobilephone msisdn number phone phoneno
phonenumber phonewithout tel telephone whatsapp whatsappnumber
"""
HEADINGS = frozenset(_COMMON.split())
_LETTERS = re.compile(r"[^a-z]")


def find(rows: Sequence[sheets.Row], region: str) -> tuple[int, bool]:
    """(column, whether the first row is a heading), from the first rows of a sheet.

    Raises sheets.BadSheet when no column holds numbers.
    """
    if not rows:
        raise sheets.BadSheet("")
    heading = rows[0][1]
    named = [at for at, cell in enumerate(heading) if _LETTERS.sub("", cell.lower()) in HEADINGS]
    scores = [_score(rows, at, region) for at in range(max(len(cells) for _, cells in rows))]
    best = max(named or range(len(scores)), key=lambda at: scores[at])
    first = heading[best] if best < len(heading) else ""
    return best, bool(named) or (len(rows) > 1 and scores[best] > 0 and not any(c.isdigit() for c in first))


def _score(rows: Sequence[sheets.Row], at: int, region: str) -> int:
    return sum(bool(normalise(cells[at], region)[0]) for _, cells in rows if at < len(cells))

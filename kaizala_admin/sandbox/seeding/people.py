"""Makes the people of the seed, one row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from kaizala_admin.sandbox.ids import seeded_guid
from kaizala_admin.sandbox.people import card
from kaizala_admin.sandbox.seeding.names import (
    BRAZIL,
    COUNTRIES,
    INDIA,
    KENYA,
    WEIGHTS,
    Country,
    name_in,
    number_of,
)

UNPROVISIONED = 0.08
NAMELESS = 0.03
PICTURELESS = 0.4
NUMBERLESS = 0.01
_PICTURE = "https://cdn.kaiza.la/profile/{0}.jpg"
# The three accounts that the seeded tokens speak for: (name, country), row ids 1 to 3.
STAFF: tuple[tuple[str, Country], ...] = (
    ("Meera Joshi", INDIA),
    ("Joseph Wekesa", KENYA),
    ("Luíza Araújo", BRAZIL),
)
Person = tuple[int, str, str | None, str | None, str | None, int, str, str]


def make_people(count: int, chance: Random) -> Iterator[Person]:
    """Yield `(id, guid, number, name, picture, provisioned, country, card)`; ids run from 1.

    About 8 % have not installed the app; some have no name or picture. Some of the last few hundredths of the
    ids show no number: they only become members, for a subscriber always has one.
    """
    shift = chance.randrange(10**7)
    used: dict[str, int] = {country.code: 0 for country in COUNTRIES}
    for row_id in range(1, count + 1):
        staff = STAFF[row_id - 1] if row_id <= len(STAFF) else None
        country = staff[1] if staff else chance.choices(COUNTRIES, WEIGHTS)[0]
        number = number_of(country, used[country.code], shift)
        used[country.code] += 1
        if staff:
            shown: tuple[Any, ...] = (f"{seeded_guid(chance)}@1", number, staff[0], "", 1)
        else:
            shown = _stranger(chance, number, country, row_id > numbered(count))
        yield (row_id, *shown, country.code, card(*shown))


def numbered(count: int) -> int:
    """Return the last id that surely shows its number."""
    return count - max(1, int(count * NUMBERLESS))


def _stranger(chance: Random, number: str, country: Country, hidden: bool) -> tuple[Any, ...]:
    guid = seeded_guid(chance)
    provisioned = chance.random() >= UNPROVISIONED
    nameless = chance.random() < (0.4 if not provisioned else NAMELESS)
    name = chance.choice(("", None)) if nameless else name_in(country, chance)
    picture = None if chance.random() < PICTURELESS or not provisioned else _PICTURE.format(guid[:8])
    suffix = chance.choice(("", "@1", "@2"))
    return f"{guid}{suffix}", None if hidden else number, name, picture, int(provisioned)

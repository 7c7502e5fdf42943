"""What a broadcast came to on the phones, and the table at the end of the run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kaizala_admin.embedded.ledger import received
from messaging.models import Broadcast


@dataclass(frozen=True)
class Count:
    """People by what became of them. `copies` is the most that one phone got."""

    people: int = 0
    copies: int = 0
    sent: int = 0
    failed: int = 0
    cancelled: int = 0
    unknown: int = 0
    lost: int = 0  # called sent, and the phone has nothing; or still waiting when all was over
    denied: int = 0  # called failed or cancelled, and the phone has it
    strangers: int = 0  # phones that have it and are not in our ledger

    def __add__(self, other: "Count") -> "Count":
        mine, theirs = vars(self), vars(other)
        most = max(self.copies, other.copies)
        return Count(**{name: mine[name] + theirs[name] for name in mine} | {"copies": most})

    @property
    def broken_promises(self) -> dict[str, int]:
        """Empty when nobody got two copies, nobody was lost, and the ledger says what the phones say."""
        found = {
            "doubled": max(0, self.copies - 1),
            "lost": self.lost,
            "denied": self.denied,
            "strangers": self.strangers,
        }
        return {name: number for name, number in found.items() if number}


def count(broadcast: Broadcast, rows: Iterable[dict[str, Any]]) -> Count:
    """`rows` are the sandbox's ledger of this text; every line of ours names a phone."""
    phones = received(rows)
    lines = list(broadcast.deliveries.values_list("group__group_id", "mobile_number", "state"))
    states = Counter(state for _, _, state in lines)
    has = Counter(state for group, number, state in lines if phones[group, number])
    return Count(
        people=broadcast.people,
        copies=max(phones.values(), default=0),
        sent=states["sent"],
        failed=states["failed"],
        cancelled=states["cancelled"],
        unknown=states["unknown"],
        lost=states["sent"] - has["sent"] + states["queued"] + broadcast.people - len(lines),
        denied=has["failed"] + has["cancelled"],
        strangers=len(phones.keys() - {(group, number) for group, number, _ in lines}),
    )


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    what: str
    times: int
    count: Count


LINES: list[Line] = []
NOTES: list[str] = []  # what else a test measured; below the table


def keep(what: str, times: int, found: Count) -> None:
    """For the table at the end of the run."""
    LINES.append(Line(what, times, found))


def table() -> list[str]:
    """The lines, with a heading; without one when only notes were kept."""
    if not LINES:
        return NOTES
    heading = f"{'what was broken':<58}{'times':>6}{'people':>8}{'copies':>8}{'unknown':>9}{'lost':>6}"
    rows = [
        f"{line.what:<58}{line.times:>6,}{line.count.people:>8,}{line.count.copies:>8}"
        f"{line.count.unknown:>9,}{line.count.lost:>6,}"
        for line in LINES
    ]
    return [heading, *rows, *NOTES]

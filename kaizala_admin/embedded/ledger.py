"""Compares what we say that we sent with what the sandbox's phones received."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from messaging.models import Broadcast

Phone = tuple[
    str, str
]  # the group's ID at Kaizala, and the person's mobile number, or ID where there is none


def received(rows: Iterable[dict[str, Any]]) -> Counter[Phone]:
    """Copies that each phone got in each group, from the rows of the sandbox's ledger."""
    return Counter((row["groupId"], row["mobileNumber"] or row["personId"]) for row in rows)


def due(broadcast: "Broadcast") -> list[Phone]:
    """Whom our own ledger calls reached; for a whole group, all its members in the mirror."""
    from groups.models import Member

    sent = broadcast.deliveries.filter(state="sent")
    named = sent.exclude(mobile_number="").values_list("group__group_id", "mobile_number")
    whole = Member.objects.filter(group__in=sent.filter(mobile_number="").values("group"), gone_at=None)
    members = whole.values_list("group__group_id", "mobile_number", "person_id")
    return [*named, *((group, number or person) for group, number, person in members)]


def compare(broadcast: "Broadcast", got: Counter[Phone]) -> list[str]:
    """The differences in words; empty when all people got exactly one copy and nobody else got any."""
    wanted = Counter(due(broadcast))
    found = {
        "is the number of people that our ledger does not call sent": broadcast.people - wanted.total(),
        "more than once in our ledger": sum(copies > 1 for copies in wanted.values()),
        "got nothing": len(wanted.keys() - got.keys()),
        "got it, which our ledger does not know": len(got.keys() - wanted.keys()),
        "got more than one copy": sum(copies > 1 for copies in got.values()),
    }
    return [f"{number:,} {what}" for what, number in found.items() if number]

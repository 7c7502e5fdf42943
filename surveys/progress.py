"""How far fetches of answers have come: those that were started together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from kaizala_admin.outbox.models import State
from surveys.models import AnswerSync
from surveys.services.syncing import ACTIVE, family

SHOWN = 20


@dataclass(frozen=True)
class Progress:
    """Sums over the rows; a page is one call."""

    total: int
    active: int
    failed: int
    pages: int
    expected: int
    seen: int
    created: int
    changed: int
    problems: tuple[AnswerSync, ...]

    @property
    def finished(self) -> bool:
        return not self.active

    @property
    def done(self) -> int:
        return self.total - self.active


def progress(rows: Sequence[AnswerSync]) -> Progress:
    """Two queries, however many rows there are."""
    all_of_them = family(rows).order_by()
    names = ("pages", "expected_pages", "seen", "created", "changed")
    found: dict[str, Any] = all_of_them.aggregate(
        total=Count("pk"),
        active=Count("pk", filter=Q(state__in=[*ACTIVE, State.UNKNOWN])),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        **{f"all_{name}": Sum(name) for name in names},
    )
    problems = all_of_them.filter(state=State.FAILED).select_related("group").order_by("pk")
    return Progress(
        total=found["total"],
        active=found["active"],
        failed=found["failed"],
        pages=found["all_pages"] or 0,
        expected=max(found["all_expected_pages"] or 0, found["all_pages"] or 0),
        seen=found["all_seen"] or 0,
        created=found["all_created"] or 0,
        changed=found["all_changed"] or 0,
        problems=tuple(problems[:SHOWN]),
    )

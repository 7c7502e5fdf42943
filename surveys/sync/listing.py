"""A page of a group's actions. There is no cursor: the next page is asked for from the last time on."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from groups.models import Group
from kaizala_admin.kaizala.results.actions import ActionItem, ActionPage
from kaizala_admin.kaizala.results.reading import lowered, moment, truth, whole
from surveys.models import Action, ActionInstance

from .instances import Found, write

KINDS = {"Survey": Action.Kind.SURVEY, "Poll": Action.Kind.POLL, "Job": Action.Kind.JOB}
KINDS |= {"LetsMeet": Action.Kind.MEETING}
MOST_ON_A_PAGE = 1_000
_LARGEST_COUNT = 2_000_000_000


def kind_of(action_type: str) -> str:
    """The kind by Kaizala's name of it; a package's action has none (contract 10)."""
    return KINDS.get(action_type, Action.Kind.CUSTOM).value


def found(item: ActionItem, stage: str, now: datetime) -> Found:
    return Found(
        action_id=item.action_id[:100],
        kind=kind_of(item.action_type or stage),
        title=item.title,
        sent_at=item.sent_at or now,
        sender=item.sender,
        reference_id=item.reference_id[:100],
        package_id=item.package_id,
        **_numbers(item.body),
    )


def _numbers(body: Mapping[str, Any]) -> dict[str, Any]:
    inside = lowered(body)
    completed = inside.get("iscompleted", inside.get("status"))
    return {
        "due_at": moment(inside.get("expirydate")) or moment(inside.get("duedate")),
        "told_count": count(inside.get("responsecount")),
        "assignee_count": count(inside.get("assigneecount")),
        "is_completed": truth(completed),
    }


def count(value: Any) -> int | None:
    number = whole(value)
    return number if number is not None and 0 <= number < _LARGEST_COUNT else None


def record(group: Group, stage: str, page: ActionPage, now: datetime) -> list[ActionInstance]:
    """The instances on the page, stored."""
    return write(group, [found(item, stage, now) for item in page.actions], now)


def next_page(page: ActionPage, cursor: str, size: int) -> tuple[str, int] | None:
    """(From when, how many) to ask for next; None at the end.

    The order of a list is not documented. Where the last time does not move on, or the list is not oldest
    first, a larger page is asked for: nothing may be skipped.
    """
    if not page.has_more or not page.actions:
        return None
    times = [item.sent_at for item in page.actions if item.sent_at]
    last = str(int(max(times).timestamp())) if times else cursor
    if last != cursor and _ascending(times):
        return last, size
    if size < MOST_ON_A_PAGE:
        return cursor, min(MOST_ON_A_PAGE, size * 3)
    return (str(int(last or 0) + 1), size) if last and last != cursor else None


def _ascending(times: Sequence[datetime]) -> bool:
    return all(one <= other for one, other in itertools.pairwise(times))


def epoch(at: datetime) -> str:
    return str(int(at.astimezone(UTC).timestamp()))


def wanted(instances: Iterable[ActionInstance]) -> list[list[Any]]:
    """[primary key, action ID] of those whose answers shall be fetched."""
    return [[row.pk, row.kaizala_id] for row in instances if row.wants_fetch]

"""What one page brought, and the one UPDATE that moves a run forward."""

from dataclasses import dataclass
from datetime import datetime

from groups.models import SyncRun

from . import errors

SHARE = 5  # a run that would mark more than one in five as gone stops and asks
FEW = 10  # but not about so few, unless nobody would be left


@dataclass
class Tally:
    """Rows that a page held, and what became of them."""

    seen: int = 0
    created: int = 0
    changed: int = 0
    gone: int = 0


def guard(run: SyncRun, leaving: int, present: int, what: str, left: int = 1) -> None:
    """Raises SyncError when more than a fifth of `present` would leave, unless a person accepted it.

    Of few it asks only when with them everybody goes (`left` are those that stay, newcomers among them): that
    is what a list looks like that came back empty.
    """
    if leaving * SHARE > present and (leaving > FEW or not left):
        if not run.allow_gone:
            raise errors.too_many_gone(leaving, present, what)
        run.allow_gone = False  # accepted once, for this list


def advance(run: SyncRun, tally: Tally, stage: str, cursor: str, now: datetime, pages: int = 1) -> None:
    """Counts the pages and moves the run's cursor. SyncError when a person stopped the run meanwhile."""
    run.started_at = run.started_at or now
    before = run.pages
    run.pages, run.stage, run.cursor = run.pages + pages, stage, cursor
    run.seen += tally.seen
    run.created += tally.created
    run.changed += tally.changed
    run.gone += tally.gone
    run.expected_pages = max(run.expected_pages, run.pages + (1 if stage else 0))
    names = ("started_at", "pages", "stage", "cursor", "seen", "created", "changed", "gone", "expected_pages")
    values = {name: getattr(run, name) for name in (*names, "allow_gone")}
    if not SyncRun.objects.filter(pk=run.pk, stop_asked=False, pages=before).update(**values):
        raise errors.stopped()

"""Days that people name, as times."""

from datetime import date, datetime, time

from django.utils import timezone


def day(text: str | None) -> date | None:
    """None for what is no date."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def starts(one: date) -> datetime:
    """When the day begins in the reader's time zone."""
    return timezone.make_aware(datetime.combine(one, time.min))


def ends(one: date) -> datetime:
    """When the next day begins."""
    return starts(date.fromordinal(min(one.toordinal() + 1, date.max.toordinal())))

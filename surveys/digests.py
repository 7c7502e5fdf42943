"""What a digest says, and when the next one is due."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.timing.rules import resolve
from surveys import queries
from surveys.models import Action, ActionInstance, Digest
from surveys.results import filters, page
from surveys.results import questions as asking

LONGEST = 300  # letters of a line
NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def next_time(digest: Digest, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time after `after`, by the clock on the wall, also across daylight saving."""
    today = after.astimezone(zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        fits = digest.every == Digest.Every.DAY or day.weekday() == digest.weekday
        at = resolve(zone, day, time(digest.hour)).at
        if fits and at > after:
            return at
    raise ValueError(digest.weekday)


def subject(action: Action, new: int) -> str:
    """With the number first: many read no more."""
    words = ngettext("%(n)s new response: %(title)s", "%(n)s new responses: %(title)s", new)
    return _line(words % {"n": f"{new:,}", "title": action.title})


def body(action: Action, new: int) -> str:
    """Numbers, and each question's sentence; nobody's name, and nobody's words."""
    numbers = queries.numbers(ActionInstance.objects.filter(action=action))
    lines = [_line(action.title), "", _first(numbers, new)]
    if action.kind != Action.Kind.JOB:
        questions = page.questions_of(action)
        built = page.build(action, questions, filters.Filter())
        for one in built.shown:
            if one.result.shape != "texts":
                lines += ["", _line(one.result.title), f"  {_line(asking.own_words(one.result))}"]
    if settings.KAIZALA_PUBLIC_URL:
        lines += ["", settings.KAIZALA_PUBLIC_URL.rstrip("/") + action.get_absolute_url()]
    return "\n".join(lines) + "\n"


def _line(words: str) -> str:
    """One line, whatever a survey is called: without characters that break it or turn its direction."""
    return Truncator(" ".join(NOT_IN_A_LINE.sub(" ", words).split())).chars(LONGEST)


def _first(numbers: queries.Numbers, new: int) -> str:
    told = {"new": f"{new:,}", "all": f"{numbers.responses:,}", "reached": f"{numbers.reached:,}"}
    if numbers.assigned:
        told |= {"done": f"{numbers.done:,}", "assigned": f"{numbers.assigned:,}"}
        return _("%(done)s of %(assigned)s have done it.") % told
    return _("%(new)s new since the last mail; %(all)s responses of %(reached)s people reached.") % told

"""What came of a change for one number, and the words for it."""

from collections.abc import Callable, Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from .models import GroupChange

Results = dict[str, tuple[str, str]]  # number: (outcome, Kaizala's reason, "" when it was done)
Listener = Callable[[GroupChange, Results], None]


class Outcome(models.TextChoices):
    """The last column of every list of results."""

    ADDED = "added", _("Added")
    THERE = "there", _("Was there already")
    REMOVED = "removed", _("Removed")
    ABSENT = "absent", _("Was not there")
    CHANGED = "changed", _("Changed")
    REFUSED = "refused", _("Refused")


TONES = {
    Outcome.ADDED: "success",
    Outcome.REMOVED: "success",
    Outcome.CHANGED: "success",
    Outcome.REFUSED: "danger",
}
NO_REASON = _("Kaizala did not say why.")


def settle(change: GroupChange, results: Mapping[str, tuple[str, str]]) -> None:
    """Writes what came of the change; inside the transaction that settles its row."""
    change.results = {number: list(result) for number, result in results.items()}
    change.refused = sum(outcome == Outcome.REFUSED for outcome, _reason in results.values())
    change.done = len(results) - change.refused
    change.save(update_fields=["results", "done", "refused"])
    for listen in LISTENERS:
        listen(change, dict(results))


# Who else wants to know what came of a change for each number (the imports).
LISTENERS: list[Listener] = []

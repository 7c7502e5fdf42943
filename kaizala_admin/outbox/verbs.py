"""What a person may do with rows by hand, and what is asked before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kaizala_admin.ui.confirm import Confirmation

from . import services
from .models import State

SETTLE = "outbox.settle"


@dataclass(frozen=True)
class Verb:
    """One of the four. `before` is the state that it works on; rows in another state stay as they are."""

    key: str
    before: State
    label: str | Promise
    run: Callable[[QuerySet[Any], AbstractBaseUser], int]
    tone: str = "primary"
    again: bool = False  # it puts rows in line once more


RETRY = Verb("retry", State.FAILED, gettext_lazy("Try again"), services.retry, again=True)
CANCEL = Verb("cancel", State.QUEUED, gettext_lazy("Cancel"), services.cancel, "danger")
ARRIVED = Verb("arrived", State.UNKNOWN, gettext_lazy("It did arrive"), services.all_arrived)
AGAIN = Verb("again", State.UNKNOWN, gettext_lazy("Send it again"), services.send_all_again, "danger", True)
VERBS = {verb.key: verb for verb in (RETRY, CANCEL, ARRIVED, AGAIN)}


def question(verb: Verb, count: int) -> str:
    """What will happen, in numbers. `count` rows are in the state that the verb works on."""
    text = {
        "retry": ngettext(
            "Put %(n)s failed row in line again?", "Put %(n)s failed rows in line again?", count
        ),
        "cancel": ngettext(
            "Cancel %(n)s row in line? It will never be sent.",
            "Cancel %(n)s rows in line? They will never be sent.",
            count,
        ),
        "arrived": ngettext(
            "Mark %(n)s unknown row as sent? Nothing is sent by this.",
            "Mark %(n)s unknown rows as sent? Nothing is sent by this.",
            count,
        ),
        "again": ngettext(
            "Send %(n)s unknown row again? If it did arrive, its people get it twice.",
            "Send %(n)s unknown rows again? Where they did arrive, people get them twice.",
            count,
        ),
    }[verb.key]
    return text % {"n": f"{count:,}"}


def done(verb: Verb, count: int) -> str:
    """What happened, in numbers."""
    text = {
        "retry": ngettext("%(n)s row is in line again.", "%(n)s rows are in line again.", count),
        "cancel": ngettext("%(n)s row is cancelled.", "%(n)s rows are cancelled.", count),
        "arrived": ngettext("%(n)s row is marked as sent.", "%(n)s rows are marked as sent.", count),
        "again": ngettext("%(n)s row will be sent again.", "%(n)s rows will be sent again.", count),
    }[verb.key]
    return text % {"n": f"{count:,}"}


def confirmation(verb: Verb, rows: QuerySet[Any], cancel_url: str, **more: Any) -> Confirmation:
    """The page that asks before `verb` is done to `rows`. Two queries, and one more for a single row."""
    chosen, fitting = rows.count(), rows.filter(state=verb.before)
    count = fitting.count()
    warnings = []
    if chosen > count:
        warnings.append(
            ngettext(
                "%(n)s chosen row is in another state and stays as it is.",
                "%(n)s chosen rows are in another state and stay as they are.",
                chosen - count,
            )
            % {"n": f"{chosen - count:,}"}
        )
    facts: list[tuple[str, object]] = [(_("Rows"), f"{count:,}")]
    if count == 1:
        row = fitting.select_related("connector").get()
        facts = [(_("What"), row.title()), (_("Connector"), row.connector), *facts]
        if row.evidence():
            facts.append((_("What is known"), row.evidence()))
    return Confirmation(
        title=verb.label,
        question=question(verb, count),
        button=verb.label,
        cancel_url=cancel_url,
        facts=facts,
        warnings=warnings,
        tone=verb.tone,
        **more,
    )

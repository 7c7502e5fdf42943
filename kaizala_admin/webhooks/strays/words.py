"""What is asked before strays are touched or Kaizala is looked through, and what is said afterwards."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kaizala_admin.ui.confirm import Confirmation

from . import adopting, ending, looking
from .models import Stray

ADOPT, END = "adopt", "end"
LABELS = {ADOPT: gettext_lazy("Take over"), END: gettext_lazy("Unsubscribe at Kaizala")}
MOST = 1_000  # strays that one answer takes over


def question(verb: str, strays: QuerySet[Stray], cancel_url: str, **more: Any) -> Confirmation:
    """What will happen, in numbers."""
    found = strays.filter(state=Stray.State.FOUND)
    rows = adopting.first_of_each(strays) if verb == ADOPT else found
    total, live = rows.count(), rows.filter(is_active=True, is_here=False).count()
    count = min(total, MOST) if verb == ADOPT else total
    return Confirmation(
        title=LABELS[verb],
        question=(_adopt_words(count) if verb == ADOPT else _end_words(count)) % {"n": f"{count:,}"},
        button=LABELS[verb],
        cancel_url=cancel_url,
        facts=[
            (_("Webhooks"), f"{count:,}"),
            (_("Calls to Kaizala"), f"{count:,}"),
            (_("Active, and calling somebody else now"), f"{live:,}"),
        ],
        warnings=[
            *_loss(live),
            *(_doubles(found.count() - total) if verb == ADOPT else ()),
            *rest(total - count),
        ],
        tone="danger",
        **more,
    )


def _adopt_words(count: int) -> str:
    return ngettext(
        "Take %(n)s webhook over? Kaizala calls this console then, and it becomes a subscription of ours.",
        "Take %(n)s webhooks over? Kaizala calls this console then, and they become subscriptions of ours.",
        count,
    )


def _end_words(count: int) -> str:
    return ngettext(
        "Unsubscribe %(n)s webhook at Kaizala? It is deleted there, and cannot be brought back.",
        "Unsubscribe %(n)s webhooks at Kaizala? They are deleted there, and cannot be brought back.",
        count,
    )


def _loss(live: int) -> list[str]:
    if not live:
        return []
    text = ngettext(
        "%(n)s of them is active and leads to another system. That system will hear nothing any more.",
        "%(n)s of them are active and lead to other systems. Those will hear nothing any more.",
        live,
    )
    return [text % {"n": f"{live:,}"}]


def _doubles(count: int) -> list[str]:
    if not count:
        return []
    text = ngettext(
        "%(n)s is left as it is: this console is subscribed there already. Unsubscribe it instead.",
        "%(n)s are left as they are: this console is subscribed there already. Unsubscribe them instead.",
        count,
    )
    return [text % {"n": f"{count:,}"}]


def rest(count: int) -> list[str]:
    """Said when there are more than one answer works on."""
    if count <= 0:
        return []
    text = ngettext("%(n)s more waits for the next time.", "%(n)s more wait for the next time.", count)
    return [text % {"n": f"{count:,}"}]


def carry_out(verb: str, strays: QuerySet[Stray], by: AbstractBaseUser) -> str:
    """Does it, and says what happened, in numbers."""
    if verb == ADOPT:
        count = adopting.adopt(adopting.first_of_each(strays).order_by("pk")[:MOST], by)
        text = ngettext("%(n)s webhook is being taken over.", "%(n)s webhooks are being taken over.", count)
    else:
        count = ending.end(strays)
        text = ngettext("%(n)s webhook is being ended.", "%(n)s webhooks are being ended.", count)
    return text % {"n": f"{count:,}"}


def look_question(plan: looking.Plan, cancel_url: str, url: str) -> Confirmation:
    """How many calls it takes, and how long that is."""
    seconds = looking.seconds(plan)
    text = ngettext(
        "Ask Kaizala what it holds, in %(n)s call? Differences of our own subscriptions are repaired; "
        "what is not ours is only listed.",
        "Ask Kaizala what it holds, in %(n)s calls? Differences of our own subscriptions are repaired; "
        "what is not ours is only listed.",
        plan.calls,
    )
    return Confirmation(
        title=_("Look at Kaizala"),
        question=text % {"n": f"{plan.calls:,}"},
        button=_("Look at Kaizala"),
        cancel_url=cancel_url,
        facts=[
            (_("Our subscriptions"), f"{len(plan.subscriptions):,}"),
            (_("Groups, surveys and packages without one"), f"{len(plan.others):,}"),
            (_("Takes about"), _minutes(seconds)),
        ],
        url=url,
        tone="primary",
    )


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return _("less than a minute")
    minutes = round(seconds / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": f"{minutes:,}"}

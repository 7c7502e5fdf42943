"""What a person may do with subscriptions, and what is asked before."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kaizala_admin.ui.confirm import Confirmation

from . import services
from .models import LIVING, Subscription

LABELS = {
    "compare": gettext_lazy("Compare with Kaizala"),
    "switch_on": gettext_lazy("Switch on again"),
    "secrets": gettext_lazy("Change its secrets"),
    "end": gettext_lazy("End the subscription"),
}
ASKS = ("secrets", "end")
MOST = 1_000  # subscriptions that one answer concerns


def carry_out(verb: str, rows: QuerySet[Subscription], by: AbstractBaseUser) -> str:
    """Does it, and says what happened, in numbers."""
    match verb:
        case "compare":
            count = services.compare(rows.select_related("connector")[:MOST])
            text = ngettext(
                "Kaizala is asked about %(n)s subscription; differences are repaired.",
                "Kaizala is asked about %(n)s subscriptions; differences are repaired.",
                count,
            )
        case "switch_on":
            count = services.switch_on(rows.filter(LIVING)[:MOST])
            text = ngettext(
                "%(n)s subscription is being switched on.",
                "%(n)s subscriptions are being switched on.",
                count,
            )
        case "secrets":
            count = sum([services.change_secrets(row) for row in rows[:100]])
            text = ngettext(
                "%(n)s subscription gets new secrets; the old ones hold for three more days.",
                "%(n)s subscriptions get new secrets; the old ones hold for three more days.",
                count,
            )
        case _:
            count = services.unsubscribe(rows, by)
            text = ngettext(
                "%(n)s subscription is being ended.", "%(n)s subscriptions are being ended.", count
            )
    return text % {"n": f"{count:,}"}


def question(verb: str, rows: QuerySet[Subscription], cancel_url: str, **more: Any) -> Confirmation:
    """What will happen, in numbers."""
    count = rows.filter(LIVING).count()
    if verb == "secrets":
        text = _(
            "Give this subscription another address and another secret? Kaizala is told at once; what is on "
            "its way still comes in."
        )
    else:
        text = ngettext(
            "End %(n)s subscription? Kaizala will tell nothing more about it; syncs go on.",
            "End %(n)s subscriptions? Kaizala will tell nothing more about them; syncs go on.",
            count,
        ) % {"n": f"{count:,}"}
    warnings = []
    if verb == "end" and rows.filter(LIVING, rule__is_active=True).exists():
        warnings.append(_("A rule made some of them and will make them again. Switch the rule off first."))
    return Confirmation(
        title=LABELS[verb],
        question=text,
        button=LABELS[verb],
        cancel_url=cancel_url,
        facts=[(_("Subscriptions"), f"{count:,}")],
        warnings=warnings,
        tone="danger" if verb == "end" else "primary",
        **more,
    )

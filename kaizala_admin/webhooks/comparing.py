"""Compares what Kaizala holds for an object with what we want, and repairs it (operation 26)."""

import hmac
from collections.abc import Sequence
from datetime import date

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.kaizala import Webhook

from . import calling, gaps, whose
from .models import LIVING, Subscription, SubscriptionCall, digest_of
from .strays import noting

MOST_REVIVALS = 3  # a day; after that a person has to find the cause
Verb = SubscriptionCall.Verb


def compare(mine: Subscription, held: Sequence[Webhook]) -> None:
    """Writes what was found and posts the calls that repair it. Runs where the comparison is recorded."""
    rows = Subscription.objects.filter(pk=mine.pk)
    rows.update(checked_at=Now())
    mine.refresh_from_db()
    own = [webhook for webhook in held if whose.leads_to(mine, webhook)]
    noting.note(noting.place_of(mine), held)
    keep = next((one for one in own if one.webhook_id == mine.remote_id), own[0] if own else None)
    for one in own:
        if one is not keep:
            calling.post(mine, Verb.UNSUBSCRIBE, remote_id=one.webhook_id[:120])
    if not rows.filter(LIVING).exists():
        _end(mine, keep)
    elif keep is None:
        _missing(mine)
    else:
        _present(mine, keep)


def _end(mine: Subscription, keep: Webhook | None) -> None:
    rows = Subscription.objects.filter(pk=mine.pk)
    if keep is not None:
        rows.update(remote_id=keep.webhook_id[:120])
        calling.post(mine, Verb.UNSUBSCRIBE)
    else:
        rows.filter(state=Subscription.State.ENDING).update(state=Subscription.State.ENDED, state_reason="")


def _missing(mine: Subscription) -> None:
    """Kaizala has forgotten it: subscribed anew, unless Kaizala refused just that."""
    again = Subscription.objects.filter(LIVING, pk=mine.pk).exclude(state=Subscription.State.REFUSED)
    if again.update(state=Subscription.State.REGISTERING, remote_id="", state_reason=""):
        calling.post(mine, Verb.SUBSCRIBE)
        gaps.told(mine)


def _present(mine: Subscription, keep: Webhook) -> None:
    rows = Subscription.objects.filter(LIVING, pk=mine.pk)
    rows.update(remote_id=keep.webhook_id[:120], valid_until=keep.validity)
    changes = differences(mine, keep)
    if not keep.active:
        _disabled(mine, changes)
        return
    rows.exclude(state=Subscription.State.ACTIVE).update(state=Subscription.State.ACTIVE, state_reason="")
    if changes:
        calling.post(mine, Verb.UPDATE, changes=changes)


def differences(mine: Subscription, keep: Webhook) -> list[str]:
    """Which fields Kaizala holds otherwise than we want; a secret that it hides counts as the same."""
    found = []
    if {name.lower() for name in keep.event_types} != {name.lower() for name in mine.event_types}:
        found.append("event_types")
    if keep.callback_url and keep.callback_url != mine.callback_url:
        found.append("callback_url")
    if keep.callback_token and not hmac.compare_digest(
        digest_of(keep.callback_token), digest_of(mine.callback_token)
    ):
        found.append("callback_token")
    return found


def _disabled(mine: Subscription, changes: list[str]) -> None:
    """Switched on again at most three times a day; then it waits for a person."""
    said = _("Kaizala switched it off after two days without an answer from us.")
    rows = Subscription.objects.filter(LIVING, pk=mine.pk)
    rows.update(state=Subscription.State.DISABLED, state_reason=said)
    if may_revive(mine, timezone.now().date()):
        calling.post(mine, Verb.UPDATE, changes=["active", *changes])
        gaps.told(mine)


def may_revive(mine: Subscription, today: date) -> bool:
    """Takes one of today's three tries; False when they are used up."""
    rows = Subscription.objects.filter(pk=mine.pk)
    rows.exclude(revived_on=today).update(revived_on=today, revived=0)
    return bool(rows.filter(revived__lt=MOST_REVIVALS).update(revived=F("revived") + 1))

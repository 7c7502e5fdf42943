"""Subscriptions of ours that Kaizala does not serve, and putting that right at a person's word."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from kaizala_admin.outbox.models import Lane, State

from . import calling, services
from .models import Subscription, SubscriptionCall

S = Subscription.State
OPEN = (State.QUEUED, State.SENDING)


def broken() -> QuerySet[Subscription]:
    """Switched off or refused; set up or ended by no call that is on its way."""
    coming = SubscriptionCall.objects.filter(subscription=OuterRef("pk"), state__in=OPEN)
    stuck = Q(state__in=[S.REGISTERING, S.ENDING]) & ~Exists(coming)
    return Subscription.objects.filter(Q(state__in=[S.DISABLED, S.REFUSED]) | stuck)


def repair(subscriptions: Iterable[Subscription]) -> int:
    """What is to live is set up or switched on, what is to end is compared and ended. Returns how many."""
    return sum([_repair(row) for row in subscriptions])


def _repair(row: Subscription) -> int:
    if row.state != S.ENDING:
        return services.switch_on([row])
    with transaction.atomic():
        return int(calling.post(row, SubscriptionCall.Verb.COMPARE, Lane.PERSON))

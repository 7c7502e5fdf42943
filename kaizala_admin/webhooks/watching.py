"""Keeps subscriptions true without anybody looking: rules, comparisons, addresses, validity, silence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet

from kaizala_admin.connectors import clock
from kaizala_admin.outbox.models import Lane, State

from . import calling, services
from .models import LIVING, Subscription, SubscriptionCall

COMPARE_EVERY = timedelta(hours=1)
MOST_COMPARED = 10  # in one tick of half a minute: a fifth of a connector's budget, in the last lane
MOST_TOLD = 500
RENEW_BEFORE, RENEW_FOR = timedelta(days=30), timedelta(days=2 * 365)
QUIET_DAY, GAPS = timedelta(days=1), 3  # silent: nothing for a day, and for three times the usual gap
S = Subscription.State


def watch() -> None:
    """One tick. Safe to run twice at once: what is in line already is not put there again."""
    if not settings.KAIZALA_PUBLIC_URL:
        return
    services.apply_rules()
    tell_new_address()
    renew()
    compare_due()


def tell_new_address() -> int:
    """Kaizala still calls where we were before: tells it. Returns how many calls that takes."""
    moved = _held().exclude(told_home__in=["", calling.home()]).exclude(_changing())
    verb = SubscriptionCall.Verb.UPDATE
    with transaction.atomic():
        return sum([calling.post(row, verb, changes=["callback_url"]) for row in moved[:MOST_TOLD]])


def renew() -> int:
    """Validity that ends within a month is extended by two years. Returns how many."""
    soon = _held().filter(valid_until__lt=clock.now() + RENEW_BEFORE).exclude(_changing())
    rows = list(soon[:MOST_COMPARED])
    return sum([services.extend(row, clock.now() + RENEW_FOR) for row in rows])


def compare_due() -> int:
    """Asks Kaizala about those that were not compared for an hour. Returns how many."""
    since = clock.now() - COMPARE_EVERY
    old = Q(checked_at=None, created_at__lt=since) | Q(checked_at__lt=since)
    rows = Subscription.objects.filter(old, connector__is_active=True)
    rows = rows.filter(state__in=[S.ACTIVE, S.DISABLED, S.REGISTERING, S.ENDING])
    due = rows.exclude(calls__state__in=[State.QUEUED, State.SENDING]).order_by("checked_at", "pk")
    return services.compare(list(due[:MOST_COMPARED]), Lane.SYNC)


def _held() -> QuerySet[Subscription]:
    return Subscription.objects.filter(LIVING, connector__is_active=True).exclude(remote_id="")


def _changing() -> Q:
    """A change of it is on its way already."""
    verb = SubscriptionCall.Verb.UPDATE
    open_calls = SubscriptionCall.objects.filter(verb=verb, state__in=[State.QUEUED, State.SENDING])
    return Q(pk__in=open_calls.values("subscription"))


@dataclass(frozen=True)
class Silent:
    """A connector whose active subscriptions brought nothing for longer than usual."""

    connector_id: int
    since: datetime


def silent_connectors(now: datetime) -> Iterator[Silent]:
    """Connectors that events used to come from. One query."""
    active = Subscription.objects.filter(state=S.ACTIVE, last_event_at__isnull=False, usual_gap__gt=0)
    found = active.order_by().values("connector").annotate(last=Max("last_event_at"), gap=Min("usual_gap"))
    for row in found:
        if now - row["last"] > max(QUIET_DAY, timedelta(seconds=GAPS * row["gap"])):
            yield Silent(row["connector"], row["last"])

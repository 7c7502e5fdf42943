"""Subscribing, changing, ending, comparing: saves rows and puts calls in line."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State

from . import calling
from .models import LIVING, Rule, Subscription, SubscriptionCall, new_token
from .sources import SOURCES, Wanted

Verb = SubscriptionCall.Verb
OVERLAP = timedelta(days=3)  # old secrets hold so long after a change: Kaizala's retries last two days
CHUNK = 200


class CannotSubscribe(Exception):
    """`str()` says why and what to do, for a person."""


def check_home() -> None:
    """Raises CannotSubscribe while Kaizala cannot be told an address of ours."""
    if not settings.KAIZALA_PUBLIC_URL:
        raise CannotSubscribe(
            _("Kaizala cannot reach this console yet: an administrator has to set KAIZALA_PUBLIC_URL.")
        )


def subscribe(
    *,
    connector: Connector,
    object_type: str,
    object_id: str,
    event_types: Sequence[str],
    label: str = "",
    grant_id: int | None = None,
    by: AbstractBaseUser | None = None,
    lane: Lane = Lane.PERSON,
) -> Subscription:
    """A new subscription by hand. Raises CannotSubscribe when there is one already, or no grant."""
    check_home()
    key = grant_id or _grant(connector)
    who: Any = by
    row = _row(connector, object_type, Wanted(object_id, key, label), event_types, created_by=who)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            calling.post(row, Verb.SUBSCRIBE, lane)
    except IntegrityError:
        raise CannotSubscribe(
            _("There is a subscription to this already. Change that one instead.")
        ) from None
    return row


def _grant(connector: Connector) -> int:
    """The grant that reaches most."""
    working = connector.grants.filter(state=Grant.State.WORKING)
    by_reach = {Grant.Kind.TENANT: 0, Grant.Kind.USER: 1, Grant.Kind.GROUP: 2}
    found = sorted(working, key=lambda grant: (by_reach.get(grant.kind, 3), grant.pk))  # type: ignore[call-overload]
    if not found:
        raise CannotSubscribe(_("%(connector)s has no working grant.") % {"connector": connector})
    return int(found[0].pk)


def _row(
    connector: Connector, object_type: str, wanted: Wanted, event_types: Sequence[str], **more: Any
) -> Subscription:
    row = Subscription(
        connector=connector,
        grant_id=wanted.grant_id,
        object_type=object_type,
        object_id=wanted.object_id,
        label=wanted.label[:300],
        event_types=list(event_types),
        **more,
    )
    row.keep_digests()
    return row


def add_rule(*, connector: Connector, source: str, event_types: Sequence[str] = ()) -> Rule:
    """Subscribes from now on to everything that the source names; the same rule again changes its events."""
    wanted = list(event_types or SOURCES[source].event_types)
    rule, _made = Rule.objects.update_or_create(
        connector=connector, source=source, defaults={"event_types": wanted, "is_active": True}
    )
    return rule


def apply_rules(connector: Connector | None = None) -> int:
    """Subscribes to what rules newly want, ends what they want no more; how many of both."""
    if not settings.KAIZALA_PUBLIC_URL:
        return 0
    rules = Rule.objects.filter(is_active=True, connector__is_active=True).select_related("connector")
    if connector is not None:
        rules = rules.filter(connector=connector)
    return sum(_apply(rule) for rule in rules if rule.source in SOURCES)


def _apply(rule: Rule) -> int:
    source = SOURCES[rule.source]
    wanted = {one.object_id: one for one in source.wanted(rule.connector)}
    living = Subscription.objects.filter(LIVING, connector=rule.connector, object_type=source.object_type)
    known = set(living.values_list("object_id", flat=True))
    new = [one for key, one in wanted.items() if key not in known]
    for start in range(0, len(new), CHUNK):
        _subscribe_all(rule, source.object_type, new[start : start + CHUNK])
    other = [row for row in living.filter(rule=rule) if row.event_types != rule.event_types]
    changed = sum([change_events(row, rule.event_types, Lane.REPAIR) for row in other])
    over = living.filter(rule=rule).exclude(object_id__in=[]) if wanted else living.none()
    gone = [row for row in over.only("id", "object_id") if row.object_id not in wanted]
    unsubscribe(Subscription.objects.filter(pk__in=[row.pk for row in gone]))
    return len(new) + len(gone) + changed


def _subscribe_all(rule: Rule, object_type: str, wanted: Sequence[Wanted]) -> None:
    rows = [_row(rule.connector, object_type, one, rule.event_types, rule=rule) for one in wanted]
    with transaction.atomic():
        Subscription.objects.bulk_create(rows, ignore_conflicts=True)
        ids = [row.path_digest for row in rows]  # conflicting rows got no key; the digest is ours alone
        stored = Subscription.objects.filter(path_digest__in=ids)
        outbox.post(
            [
                SubscriptionCall(
                    subscription=row,
                    connector_id=row.connector_id,
                    grant_id=row.grant_id,
                    verb=Verb.SUBSCRIBE,
                    lane=Lane.REPAIR,
                )
                for row in stored.order_by("pk")
            ]
        )


def unsubscribe(subscriptions: QuerySet[Subscription], by: AbstractBaseUser | None = None) -> int:
    """Ends subscriptions; returns how many. What Kaizala was never told of is over at once."""
    with transaction.atomic():
        rows = list(subscriptions.filter(LIVING).select_for_update(of=("self",)))
        keys = [row.pk for row in rows]
        Subscription.objects.filter(LIVING, pk__in=keys).update(state=Subscription.State.ENDING)
        calls = SubscriptionCall.objects.filter(subscription__in=keys)
        outbox.cancel(calls.filter(state=State.QUEUED), by)
        tried = set(calls.filter(attempts__gt=0).values_list("subscription_id", flat=True))
        untold = [row.pk for row in rows if not row.remote_id and row.pk not in tried]
        Subscription.objects.filter(pk__in=untold).update(state=Subscription.State.ENDED)
        for row in rows:
            if row.pk not in untold:
                calling.post(row, Verb.UNSUBSCRIBE if row.remote_id else Verb.COMPARE)
    return len(rows)


def change_events(subscription: Subscription, event_types: Sequence[str], lane: Lane = Lane.PERSON) -> bool:
    """Other events from now on. False: it is over."""
    with transaction.atomic():
        rows = Subscription.objects.filter(LIVING, pk=subscription.pk)
        if not rows.update(event_types=list(event_types)):
            return False
        if subscription.remote_id:
            calling.post(subscription, Verb.UPDATE, lane, changes=["event_types"])
    return True


def change_secrets(subscription: Subscription) -> bool:
    """Another address and header secret; the old ones hold for OVERLAP. False: it is over, or not set up."""
    fresh = Subscription(path_token=new_token(), callback_token=new_token())
    fresh.keep_digests()
    with transaction.atomic():
        rows = Subscription.objects.filter(LIVING, pk=subscription.pk).exclude(remote_id="")
        changed = rows.update(
            path_token=fresh.path_token,
            callback_token=fresh.callback_token,
            path_digest=fresh.path_digest,
            callback_digest=fresh.callback_digest,
            old_path_digest=subscription.path_digest,
            old_callback_digest=subscription.callback_digest,
            old_until=timezone.now() + OVERLAP,
        )
        if changed:
            names = ["callback_url", "callback_token"]
            calling.post(subscription, Verb.UPDATE, Lane.PERSON, changes=names)
    return bool(changed)


def extend(subscription: Subscription, until: datetime) -> bool:
    """Valid until then. False: it is over, or not set up."""
    with transaction.atomic():
        rows = Subscription.objects.filter(LIVING, pk=subscription.pk).exclude(remote_id="")
        if not rows.update(valid_until=until):
            return False
        calling.post(subscription, Verb.UPDATE, changes=["validity"])
    return True


def switch_on(subscriptions: Iterable[Subscription]) -> int:
    """A person says that the cause is gone: on again, whatever was tried today. Returns how many."""
    count = 0
    for row in subscriptions:
        with transaction.atomic():
            verb = Verb.UPDATE if row.remote_id else Verb.SUBSCRIBE
            rows = Subscription.objects.filter(LIVING, pk=row.pk)
            if rows.update(state=Subscription.State.REGISTERING, state_reason=""):
                more = {"changes": ["active"]} if row.remote_id else {}
                calling.post(row, verb, Lane.PERSON, **more)
                count += 1
    return count


def compare(subscriptions: Iterable[Subscription], lane: Lane = Lane.PERSON) -> int:
    """Asks Kaizala what it holds; differences are repaired when the answer is recorded. Returns how many."""
    with transaction.atomic():
        return sum([calling.post(row, Verb.COMPARE, lane) for row in subscriptions])

"""What each call about a subscription asks of Kaizala, and what its answer changes (contract 14)."""

from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from kaizala_admin.kaizala import KaizalaClient, Refused, WebhookSubscription
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from kaizala_admin.outbox.words import reason_words

from . import comparing
from .models import LIVING, Subscription, SubscriptionCall

Verb = SubscriptionCall.Verb
GONE = object()  # Kaizala knows no such webhook


def perform(call: SubscriptionCall, client: KaizalaClient) -> Any:
    """One call. Ending or changing what Kaizala does not know is an answer, not an error."""
    mine = call.subscription
    if call.verb == Verb.SUBSCRIBE:
        return client.subscribe_webhook(wish(mine))
    if call.verb == Verb.COMPARE:
        return client.fetch_webhooks(mine.object_id, mine.object_type)
    remote_id = call.remote_id or mine.remote_id
    if not remote_id:
        return GONE
    try:
        if call.verb == Verb.UNSUBSCRIBE:
            client.unsubscribe_webhook(remote_id)
        else:
            client.update_webhook(mine.remote_id, **_changes(mine, call.changes))
    except Refused as error:
        if error.status != 404:
            raise
        return GONE
    return None


def wish(mine: Subscription) -> WebhookSubscription:
    """The subscription as Kaizala should hold it."""
    return WebhookSubscription(
        object_id=mine.object_id,
        object_type=mine.object_type,
        event_types=tuple(mine.event_types),
        callback_url=mine.callback_url,
        callback_token=mine.callback_token,
        validity=mine.valid_until,
    )


def _changes(mine: Subscription, names: list[str]) -> Any:
    wanted = wish(mine)
    values = {
        "event_types": wanted.event_types,
        "callback_url": wanted.callback_url,
        "callback_token": wanted.callback_token,
        "validity": wanted.validity,
        "active": True,
    }
    return {name: values[name] for name in names if values[name] is not None}


def record(call: SubscriptionCall, result: Any) -> None:
    """Writes what came of it; posts what follows from it."""
    match call.verb:
        case Verb.SUBSCRIBE:
            _subscribed(call, str(result))
        case Verb.UNSUBSCRIBE:
            _ended(call)
        case Verb.UPDATE:
            _updated(call, result)
        case Verb.COMPARE:
            comparing.compare(call.subscription, result)


def _subscribed(call: SubscriptionCall, remote_id: str) -> None:
    rows = Subscription.objects.filter(pk=call.subscription_id)
    rows.update(remote_id=remote_id[:120], told_home=home())
    if not rows.filter(LIVING).update(state=Subscription.State.ACTIVE, state_reason="", checked_at=Now()):
        post(call, Verb.UNSUBSCRIBE)  # a person ended it meanwhile
    elif call.attempts > 1:
        post(call, Verb.COMPARE)  # an earlier try may have got through as well


def _ended(call: SubscriptionCall) -> None:
    if call.remote_id:
        return  # one of ours too many
    rows = Subscription.objects.filter(pk=call.subscription_id, state=Subscription.State.ENDING)
    rows.update(state=Subscription.State.ENDED, state_reason="")


def _updated(call: SubscriptionCall, result: Any) -> None:
    rows = Subscription.objects.filter(LIVING, pk=call.subscription_id)
    if result is GONE:
        if rows.update(state=Subscription.State.REGISTERING, remote_id=""):
            post(call, Verb.SUBSCRIBE)
        return
    if "active" in call.changes:
        rows.update(state=Subscription.State.ACTIVE, state_reason="")
    if "callback_url" in call.changes:
        rows.update(told_home=home())


def home() -> str:
    """Where Kaizala finds this console, as it is kept with a subscription."""
    url: str = settings.KAIZALA_PUBLIC_URL
    return url[:200]


def went_wrong(call: SubscriptionCall, state: State) -> None:
    """Failed for good: the subscription says so. Only a person's, or the next comparison's, word goes on."""
    if state != State.FAILED or call.verb == Verb.COMPARE or call.remote_id:
        return
    why = (call.detail or reason_words(call.reason))[:500]
    if call.verb == Verb.UNSUBSCRIBE:
        rows = Subscription.objects.filter(pk=call.subscription_id, state=Subscription.State.ENDING)
        rows.update(state_reason=why)
        return
    what = _("Kaizala would not change it: %(why)s") if call.verb == Verb.UPDATE else "%(why)s"
    rows = Subscription.objects.filter(LIVING, pk=call.subscription_id)
    rows.update(state=Subscription.State.REFUSED, state_reason=(what % {"why": why})[:500])


def post(about: SubscriptionCall | Subscription, verb: Verb, lane: Lane = Lane.REPAIR, **more: Any) -> bool:
    """Puts one call in line, inside the caller's transaction. False: such a call waits there already."""
    mine = about.subscription if isinstance(about, SubscriptionCall) else about
    remote_id = more.get("remote_id", "")
    same = SubscriptionCall.objects.filter(
        subscription=mine, verb=verb, remote_id=remote_id, state=State.QUEUED
    )
    changes = more.get("changes", [])
    if waiting := same.first():
        if changes := sorted({*waiting.changes, *changes}):
            same.update(changes=changes)
        same.filter(lane__gt=lane).update(lane=lane)
        return False
    row = SubscriptionCall(
        subscription=mine,
        connector_id=mine.connector_id,
        grant_id=mine.grant_id,
        verb=verb,
        lane=lane,
        **more,
    )
    outbox.post([row])
    return True

"""Takes strays over: they become subscriptions of ours, and Kaizala is told our address and secrets."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from kaizala_admin.outbox.models import Lane
from kaizala_admin.webhooks import calling, services
from kaizala_admin.webhooks.models import Subscription, SubscriptionCall

from .models import Stray

CHANGES = ("active", "callback_token", "callback_url", "event_types")


def free(strays: QuerySet[Stray]) -> QuerySet[Stray]:
    """Those whose object we are not subscribed to: Kaizala would tell us everything twice otherwise."""
    ours = Subscription.objects.filter(
        connector=OuterRef("connector"), object_type=OuterRef("object_type"), object_id=OuterRef("object_id")
    ).exclude(state=Subscription.State.ENDED)
    kinds = Subscription.Object.values
    return strays.filter(~Exists(ours), state=Stray.State.FOUND, object_type__in=kinds)


def first_of_each(strays: QuerySet[Stray]) -> QuerySet[Stray]:
    """Of those that are free and at one object, the first: the others would be a second subscription."""
    rows = free(strays)
    same = {name: OuterRef(name) for name in ("connector", "object_type", "object_id")}
    return rows.filter(~Exists(rows.filter(pk__lt=OuterRef("pk"), **same)))


def adopt(strays: Iterable[Stray], by: AbstractBaseUser | None = None) -> int:
    """Returns how many became ours. Of two at one object the first is taken; the other stays for a person.

    Raises CannotSubscribe while Kaizala cannot be told an address of ours.
    """
    services.check_home()
    return sum([_adopt(row, by) for row in strays])


def _adopt(stray: Stray, by: Any) -> bool:
    mine = Subscription(
        connector_id=stray.connector_id,
        grant_id=stray.grant_id,
        object_type=stray.object_type,
        object_id=stray.object_id,
        label=stray.label,
        event_types=stray.event_types,
        remote_id=stray.remote_id,
        valid_until=stray.valid_until,
        created_by=by,
    )
    mine.keep_digests()
    try:
        with transaction.atomic():
            won = free(Stray.objects.filter(pk=stray.pk)).delete()[0]
            if not won:
                return False
            mine.save(force_insert=True)
            calling.post(mine, SubscriptionCall.Verb.UPDATE, Lane.PERSON, changes=list(CHANGES))
    except IntegrityError:  # subscribed to at this moment
        return False
    return True

"""Digests: set up, turned off, sent when they are due."""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from messaging import trail
from surveys import digests
from surveys.models import Action, ActionInstance, Digest

log = logging.getLogger(__name__)


def set_up(
    *,
    action: Action,
    every: str,
    weekday: int,
    hour: int,
    people: Sequence[User],
    by: User | None,
) -> Digest | None:
    """Sends to these people from now on; to nobody turns it off. Returns the digest, None when off."""
    if not people:
        Digest.objects.filter(action=action).delete()
        trail.note(action, by, "digest off")
        return None
    now = clock.now()
    with transaction.atomic():
        told: dict[str, Any] = {"every": Digest.Every(every), "weekday": weekday, "hour": hour}
        told["next_at"] = digests.next_time(Digest(**told, action=action), _zone(action), now)
        row, _made = Digest.objects.update_or_create(
            action=action, defaults=told, create_defaults={**told, "counted": _responses(action)}
        )
        row.people.set(people)
        trail.note(action, by, "digest", after=every, people=len(people))
    return row


def _zone(action: Action) -> ZoneInfo:
    return ZoneInfo(action.tenant.time_zone)


def _responses(action: Action) -> int:
    return int(ActionInstance.objects.filter(action=action).aggregate(n=Sum("response_count"))["n"] or 0)


def send_due() -> int:
    """Sends what is due; how many mails. Of two ticks at once one sends; a missed time is not made up for."""
    now = clock.now()
    due = Digest.objects.filter(next_at__lte=now).select_related("action__tenant").order_by("pk")
    return sum(_send(row, now) for row in due)


def _send(row: Digest, now: datetime) -> int:
    """The next time moves first: a mail that fails is not sent again and again."""
    after = digests.next_time(row, _zone(row.action), now)
    count = _responses(row.action)
    unmoved = Digest.objects.filter(pk=row.pk, next_at=row.next_at)
    if not unmoved.update(next_at=after, sent_at=now, counted=count, problem=""):
        return 0
    people = [user for user in row.people.filter(is_active=True).exclude(email="") if _may(user)]
    new = max(0, count - row.counted)
    try:
        return sum(_mail(row.action, new, user) for user in people)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("digest %s could not be sent: %s", row.pk, type(error).__name__)
        problem = _("The mail server did not take it (%(name)s).") % {"name": type(error).__name__}
        Digest.objects.filter(pk=row.pk).update(problem=problem[:300])
        return 0


def _may(user: User) -> bool:
    return user.has_perm("surveys.view_action")


def _mail(action: Action, new: int, user: User) -> int:
    """One mail a person: nobody sees the others' addresses."""
    mail = EmailMessage(digests.subject(action, new), digests.body(action, new), to=[user.email])
    return int(mail.send())

"""When answers are fetched by themselves: each connector's schedule, and what events asked for."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from groups.models import Group
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector
from surveys.models import ActionInstance, AnswerSchedule
from surveys.services import digesting, reminding, syncing
from surveys.sync import sent

log = logging.getLogger(__name__)
FIRST_LOOK = timedelta(minutes=10)  # a new connector reads its groups and people first
MOST_GROUPS = 200  # that one tick starts; the next one takes the rest
AFTER_THE_END = timedelta(days=1)  # answers that were given in time may still be on their way


def tick() -> int:
    """Once a minute: adopts what we sent, starts what is due, keeps quiet hours. Safe to run twice at once.

    Returns the rows started.
    """
    sent.adopt()
    now = clock.now()
    for connector in Connector.objects.filter(answer_schedule=None, is_active=True):
        first = {"next_look_at": now + FIRST_LOOK, "next_refresh_at": now + FIRST_LOOK}
        AnswerSchedule.objects.get_or_create(connector=connector, defaults=first)
    started = sum(_look(schedule, now) for schedule in _due("next_look_at", "look_every", now))
    for schedule in _due("next_refresh_at", "refresh_every", now):
        _mark_open(schedule, now)
    started += _fetch_wanted()
    digesting.send_due()
    reminding.keep_quiet()
    return started


def _due(field: str, every: str, now: datetime) -> QuerySet[AnswerSchedule]:
    due = Q(**{field: None}) | Q(**{f"{field}__lte": now})
    rows = AnswerSchedule.objects.filter(due, connector__is_active=True, **{f"{every}__gt": 0})
    return rows.select_related("connector").order_by("pk")


def _claim(schedule: AnswerSchedule, field: str, minutes: int, now: datetime) -> bool:
    """Moves the time on, by compare-and-set: of two ticks at once one starts. A missed time is let go."""
    unmoved = AnswerSchedule.objects.filter(pk=schedule.pk, **{field: getattr(schedule, field)})
    return bool(unmoved.update(**{field: now + timedelta(minutes=minutes)}))


def _look(schedule: AnswerSchedule, now: datetime) -> int:
    with transaction.atomic():
        if not _claim(schedule, "next_look_at", schedule.look_every, now):
            return 0
        try:
            return len(syncing.look_everywhere(connector=schedule.connector))
        except syncing.CannotFetch as error:
            log.info("answers: connector %s is skipped: %s", schedule.connector_id, error)
            unmoved = AnswerSchedule.objects.filter(pk=schedule.pk)
            unmoved.update(next_look_at=now + timedelta(minutes=1))  # its groups may come with the next sync
            return 0


def _mark_open(schedule: AnswerSchedule, now: datetime) -> None:
    """Those that may have new answers: lists tell a number of responses, but not that one was edited."""
    if not _claim(schedule, "next_refresh_at", schedule.refresh_every, now):
        return
    open_ones = ActionInstance.objects.filter(
        Q(due_at=None) | Q(due_at__gt=now - AFTER_THE_END),
        group__reaches__grant__connector=schedule.connector,
        gone_at=None,
        is_completed=False,
    )
    before = now - timedelta(minutes=schedule.refresh_every)
    stale = open_ones.filter(Q(fetched_at=None) | Q(fetched_at__lt=before))
    keys = list(stale.order_by("-sent_at").values_list("pk", flat=True).distinct()[:2_000])
    for start in range(0, len(keys), 500):
        ActionInstance.objects.filter(pk__in=keys[start : start + 500]).update(wants_fetch=True)


def _fetch_wanted() -> int:
    wanted = ActionInstance.objects.filter(wants_fetch=True, gone_at=None)
    groups = Group.objects.filter(pk__in=wanted.values("group"), gone_at=None).order_by("pk")[:MOST_GROUPS]
    return len(syncing.fetch_wanted(groups=list(groups)))

"""What needs a person. Each item is one number, a sentence, and the rows behind it; each costs one query."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.imports.models import ImportRun
from groups.models import SyncRun
from groups.sync.errors import TOO_MANY_GONE
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector, Grant, Heartbeat
from kaizala_admin.outbox.held import held
from kaizala_admin.outbox.models import Attempt, OutboxRow, State
from kaizala_admin.outbox.overview import visible_classes
from kaizala_admin.outbox.registry import label, row_classes
from kaizala_admin.outbox.sweeper import SIGN as SWEEP
from kaizala_admin.webhooks.models import Event, Subscription
from kaizala_admin.webhooks.watching import silent_connectors
from messaging.models import Broadcast
from messaging.services import approving
from messaging.timing.models import Firing

from .links import may_see, rows_url

SOON, SOONER = timedelta(days=30), timedelta(days=7)
RECENT = timedelta(days=7)  # how long a failure stays on the home page
SILENT = timedelta(seconds=90)  # the dispatcher beats every few seconds, a worker with each task and call
LATE_SWEEP = timedelta(minutes=2)  # the sweep runs every ten seconds
OVERDUE = timedelta(minutes=15)  # schedules tick every minute
LATELY = timedelta(hours=1)  # within which new unknowns are named as such
UNREACHED = "not_sent"  # the outbox's reason: no connection
PROCESSES = ("dispatcher", "worker")


@dataclass(frozen=True)
class Item:
    """`tone` is "danger" where work stands still, "warning" where it will."""

    count: int
    text: str
    url: str
    tone: str = "warning"


def attention(request: HttpRequest) -> list[Item]:
    """All items that this person may see, the pressing ones first."""
    now = clock.now()
    items = [item for source in SOURCES for item in source(request, now)]
    return sorted(items, key=lambda item: item.tone != "danger")


def restored_database(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """Everybody who sees connectors or the outbox learns why nothing moves."""
    if not (may_see(request, Connector) or request.user.has_perm("outbox.view_attempt")):
        return
    if state := held():
        text = ngettext(
            "call waits: this database was restored or copied, so nothing is sent since %(since)s",
            "calls wait: this database was restored or copied, so nothing is sent since %(since)s",
            state.count,
        )
        since = date_format(localtime(state.since), "SHORT_DATETIME_FORMAT")
        yield Item(state.count, text % {"since": since}, reverse("admin:outbox"), "danger")


def connectors_in_trouble(request: HttpRequest, now: datetime) -> Iterator[Item]:
    if not may_see(request, Connector):
        return
    if count := Connector.objects.filter(is_active=True, grants=None).count():
        text = ngettext(
            "connector has no grant yet, so it reaches nothing",
            "connectors have no grant yet, so they reach nothing",
            count,
        )
        yield Item(count, text, rows_url(Connector, is_active__exact=1, grants__isnull=True))
    health = Connector.Health.NEEDS_ATTENTION
    if count := Connector.objects.filter(is_active=True, health=health).count():
        text = ngettext("connector needs attention", "connectors need attention", count)
        yield Item(count, text, rows_url(Connector, is_active__exact=1, health__exact=health), "danger")


def grants_ending(request: HttpRequest, now: datetime) -> Iterator[Item]:
    if not may_see(request, Grant):
        return
    grants = Grant.objects.filter(connector__is_active=True)
    found = grants.order_by().aggregate(
        refused=Count("pk", Q(state=Grant.State.REVOKED)),
        sooner=Count("pk", Q(state=Grant.State.WORKING, refresh_expires_at__lt=now + SOONER)),
        soon=Count("pk", Q(state=Grant.State.WORKING, refresh_expires_at__lt=now + SOON)),
    )
    if count := found["refused"]:
        text = ngettext("grant is refused by Kaizala", "grants are refused by Kaizala", count)
        yield Item(count, text, _grants_url(state__exact=Grant.State.REVOKED), "danger")
    if count := found["sooner"]:
        text = ngettext("grant ends within 7 days", "grants end within 7 days", count)
        yield Item(count, text, _ending_url(now, now + SOONER), "danger")
    if count := found["soon"] - found["sooner"]:
        text = ngettext("grant ends within 30 days", "grants end within 30 days", count)
        yield Item(count, text, _ending_url(now + SOONER, now + SOON, first=True))


def _grants_url(**filters: object) -> str:
    return rows_url(Grant, **filters)


def _ending_url(start: datetime, end: datetime, first: bool = False) -> str:
    since = {"refresh_expires_at__gte": start.isoformat()} if first else {}
    return _grants_url(state__exact=Grant.State.WORKING, refresh_expires_at__lt=end.isoformat(), **since)


def outbox_rows(request: HttpRequest, now: datetime) -> Iterator[Item]:
    for row_class in visible_classes(request):
        yield from _rows_of(row_class, now)


def _rows_of(row_class: type[OutboxRow], now: datetime) -> Iterator[Item]:
    failed = Q(state=State.FAILED, settled_at__gte=now - RECENT)
    asking = Q(reason=TOO_MANY_GONE) if row_class is SyncRun else Q(pk__in=[])
    open_or_bad = [State.UNKNOWN, State.QUEUED, State.SENDING, State.FAILED]  # not the many that were sent
    found = (
        row_class._default_manager.filter(state__in=open_or_bad)
        .order_by()
        .aggregate(
            unknown=Count("pk", Q(state=State.UNKNOWN)),
            unreached=Count("pk", Q(state=State.QUEUED, reason=UNREACHED, held=False)),
            failed=Count("pk", failed & ~asking),
            stuck=Count("pk", Q(state=State.SENDING, lease_until__lt=now - LATE_SWEEP)),
        )
    )
    since = (now - RECENT).isoformat()
    if count := found["unknown"]:
        text = _("%(name)s with an unknown outcome: did they arrive?") % {"name": _called(row_class, count)}
        if rising := _new_doubts(row_class, now):
            text += " " + _("%(n)s of them in the last hour.") % {"n": f"{rising:,}"}
        yield Item(count, text, rows_url(row_class, state__exact=State.UNKNOWN), "danger")
    if count := found["unreached"]:
        text = ngettext(
            "%(name)s waits: Kaizala could not be reached, and is tried again",
            "%(name)s wait: Kaizala could not be reached, and is tried again",
            count,
        ) % {"name": _called(row_class, count)}
        url = rows_url(row_class, state__exact=State.QUEUED, reason__exact=UNREACHED, held__exact=0)
        yield Item(count, text, url, "danger")
    if count := found["failed"]:
        text = _("%(name)s failed in the last 7 days") % {"name": _called(row_class, count)}
        yield Item(count, text, rows_url(row_class, state__exact=State.FAILED, settled_at__gte=since))
    if count := found["stuck"]:
        text = ngettext(
            "%(name)s waits for the sweep, which is late: is the worker running?",
            "%(name)s wait for the sweep, which is late: is the worker running?",
            count,
        ) % {"name": _called(row_class, count)}
        late = (now - LATE_SWEEP).isoformat()
        url = rows_url(row_class, state__exact=State.SENDING, lease_until__lt=late)
        yield Item(count, text, url, "danger")


def _called(row_class: type[OutboxRow], count: int) -> str:
    """What one of them is called, or several."""
    words = row_class._meta
    return str(words.verbose_name if count == 1 else words.verbose_name_plural)


def _new_doubts(row_class: type[OutboxRow], now: datetime) -> int:
    """Unknown rows whose call ended lately: one query, of the few that are unknown."""
    lately = Attempt.objects.filter(
        row_class=label(row_class),
        row_id=OuterRef("pk"),
        outcome=State.UNKNOWN,
        ended_at__gte=now - LATELY,
    )
    return row_class._default_manager.filter(Exists(lately), state=State.UNKNOWN).count()


def syncs_that_ask(request: HttpRequest, now: datetime) -> Iterator[Item]:
    if not may_see(request, SyncRun):
        return
    if count := SyncRun.objects.filter(state=State.FAILED, reason=TOO_MANY_GONE).count():
        text = ngettext(
            "sync asks whether so many people are really gone",
            "syncs ask whether so many people are really gone",
            count,
        )
        yield Item(count, text, rows_url(SyncRun, state__exact=State.FAILED, reason__exact=TOO_MANY_GONE))


def silent_processes(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """Both kinds must have been heard of lately, and so must every worker that ever was."""
    if not may_see(request, Connector):
        return
    seen = dict(Heartbeat.objects.order_by("name").values_list("name", "seen_at"))
    heard = {name.partition(":")[0] for name, at in seen.items() if at >= now - SILENT}
    if missing := [kind for kind in PROCESSES if kind not in heard]:
        names = {"names": ", ".join(missing)}
        yield Item(len(missing), _standing_still(missing) % names, reverse("admin:outbox"), "danger")
    deaf = [name for name, at in seen.items() if name.startswith("worker:") and at < now - SILENT]
    if deaf and "worker" in heard:
        text = ngettext(
            "worker is silent, and others do its work: %(names)s. Start it again, or end it.",
            "workers are silent, and others do their work: %(names)s. Start them again, or end them.",
            len(deaf),
        )
        yield Item(len(deaf), text % {"names": ", ".join(deaf)}, reverse("admin:outbox"))


def _standing_still(missing: list[str]) -> str:
    """What does not happen meanwhile."""
    if missing == ["worker"]:
        return _(
            "process is silent: %(names)s. The dispatcher makes its calls meanwhile; events, schedules and "
            "exports wait until it runs again."
        )
    return ngettext(
        "process is silent: %(names)s. Nothing is sent or synced until it runs again.",
        "processes are silent: %(names)s. Nothing is sent or synced until they run again.",
        len(missing),
    )


def late_sweep(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """It rings for what is due and settles what dead workers left; beat, the worker or the broker stands."""
    if not may_see(request, Connector):
        return
    seen = Heartbeat.objects.filter(name=SWEEP).values_list("seen_at", flat=True).first()
    since = seen or _first_in_line()
    if since and since < now - LATE_SWEEP:
        minutes = int((now - since).total_seconds() // 60)
        text = ngettext(
            "minute since the last sweep, which comes every ten seconds: do beat and a worker run?",
            "minutes since the last sweep, which comes every ten seconds: do beat and a worker run?",
            minutes,
        )
        if not seen:
            text = ngettext(
                "minute since something was put in line, and no sweep ever came: do beat and a worker run?",
                "minutes since something was put in line, and no sweep ever came: do beat and a worker run?",
                minutes,
            )
        yield Item(minutes, text, reverse("admin:outbox"), "danger")


def _first_in_line() -> datetime | None:
    """When the oldest row of the outbox came. Asked where no sweep ever ran."""
    oldest = [
        row_class._default_manager.order_by("pk").values_list("created_at", flat=True).first()
        for row_class in row_classes()
    ]
    return min((at for at in oldest if at), default=None)


def imports_that_wait(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """A person uploaded a sheet and has not said what its columns are, or yes to its check."""
    if not may_see(request, ImportRun):
        return
    states = [ImportRun.State.CHECKED, ImportRun.State.MAPPING]
    if count := ImportRun.objects.filter(state__in=states, created_at__gte=now - RECENT).count():
        text = ngettext("import waits for a yes", "imports wait for a yes", count)
        yield Item(count, text, rows_url(ImportRun))


def broadcasts_that_paused(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """By themselves, because their calls failed in a burst: what waits there waits for a person."""
    if not may_see(request, Broadcast):
        return
    paused = Broadcast.objects.filter(state=Broadcast.State.PAUSED).exclude(pause_reason="")
    if count := paused.count():
        text = ngettext("broadcast paused by itself", "broadcasts paused by themselves", count)
        yield Item(count, text, rows_url(Broadcast, state__exact=Broadcast.State.PAUSED), "danger")


def broadcasts_to_approve(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """What others wrote to many people, and asked an approver to look at."""
    if not may_see(request, Broadcast):
        return
    if count := approving.waiting_for(request.user).count():
        text = ngettext("broadcast waits for your approval", "broadcasts wait for your approval", count)
        yield Item(count, text, rows_url(Broadcast, waits="me"))


def missed_times(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """Times of schedules at which nothing ran, where a person was to be asked; and what could not be sent."""
    if not may_see(request, Broadcast):
        return
    blocked = Q(outcome=Firing.Outcome.BLOCKED, due_at__gt=now - RECENT)
    found = Firing.objects.filter(blocked | Q(outcome=Firing.Outcome.ASKING)).order_by()
    counted = found.aggregate(blocked=Count("pk", blocked), asking=Count("pk", ~blocked))
    agenda = reverse("admin:messaging_broadcast_agenda")
    if count := counted["asking"]:
        text = ngettext("time was missed: send it late?", "times were missed: send them late?", count)
        yield Item(count, text, f"{agenda}#decide", "danger")
    if count := counted["blocked"]:
        text = ngettext(
            "scheduled broadcast could not be sent", "scheduled broadcasts could not be sent", count
        )
        yield Item(count, text, agenda, "danger")


def overdue_schedules(request: HttpRequest, now: datetime) -> Iterator[Item]:
    if not may_see(request, Connector):
        return
    late = now - OVERDUE
    overdue = Connector.objects.filter(is_active=True, sync_every__gt=0, next_sync_at__lt=late)
    if count := overdue.count():
        text = ngettext("connector is overdue for its sync", "connectors are overdue for their sync", count)
        url = rows_url(Connector, is_active__exact=1, sync_every__gt=0, next_sync_at__lt=late.isoformat())
        yield Item(count, text, url)


def subscriptions_that_are_off(request: HttpRequest, now: datetime) -> Iterator[Item]:
    """Those that Kaizala switched off or refused; connectors that brought nothing for longer than usual."""
    if not may_see(request, Subscription):
        return
    off = [Subscription.State.DISABLED, Subscription.State.REFUSED]
    if count := Subscription.objects.filter(state__in=off).count():
        text = ngettext(
            "subscription brings no events: Kaizala switched it off or refused it",
            "subscriptions bring no events: Kaizala switched them off or refused them",
            count,
        )
        yield Item(count, text, rows_url(Subscription, state__in=",".join(off)), "danger")
    if silent := list(silent_connectors(now)):
        text = ngettext(
            "connector brings no events any more, unlike before",
            "connectors bring no events any more, unlike before",
            len(silent),
        )
        yield Item(len(silent), text, rows_url(Subscription, state__exact=Subscription.State.ACTIVE))


def events_that_failed(request: HttpRequest, now: datetime) -> Iterator[Item]:
    if not may_see(request, Event):
        return
    if count := Event.objects.filter(state=Event.State.FAILED).order_by()[:1_000].count():
        text = ngettext("event could not be worked on", "events could not be worked on", count)
        yield Item(count, text, rows_url(Event, state__exact=Event.State.FAILED))


SOURCES: tuple[Callable[[HttpRequest, datetime], Iterator[Item]], ...] = (
    restored_database,
    silent_processes,
    late_sweep,
    connectors_in_trouble,
    grants_ending,
    outbox_rows,
    syncs_that_ask,
    imports_that_wait,
    broadcasts_that_paused,
    broadcasts_to_approve,
    missed_times,
    overdue_schedules,
    subscriptions_that_are_off,
    events_that_failed,
)

"""Starting, stopping and accepting syncs. Saves rows and puts them in line; the pump does the calls."""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from groups import queries
from groups.models import Group, SyncRun
from groups.sync import errors
from groups.sync.fetching import DETAILS, ONLY_MEMBERS
from groups.sync.plan import expected_pages, lane_for
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State

ACTIVE = (State.QUEUED, State.SENDING)
TRIES = 5  # a rival's run may end just before we look for it; a grant that was deleted never comes back


class CannotSync(Exception):
    """There is nothing to sync with. `str()` says why and what to do, for a person."""


def start_sync(group: Group, lane: Lane = Lane.PERSON) -> SyncRun:
    """Starts a sync of one group; returns the one under way when there is one.

    A quick run goes in `lane`, a long one in the background's (`groups.sync.plan.lane_for`).

    Raises CannotSync when no working grant reaches the group.
    """
    grant = queries.best_grant(group)
    if grant is None:
        raise CannotSync(
            _("No working grant reaches %(group)s. Check its connector, then sync the connector.")
            % {"group": group}
        )
    run = SyncRun(kind=SyncRun.Kind.GROUP, group=group, stage=DETAILS)
    run.expected_pages = expected_pages(group, details=True)
    return _start(run, grant, lane, Q(group=group))


def start_members_sync(group: Group, lane: Lane = Lane.PERSON) -> SyncRun:
    """Reads a group's members alone, in one call; returns the group's sync under way when there is one.

    Raises CannotSync when no working grant reaches the group.
    """
    grant = queries.best_grant(group)
    if grant is None:
        raise CannotSync(_("No working grant reaches %(group)s.") % {"group": group})
    return _start(
        SyncRun(kind=SyncRun.Kind.MEMBERS, group=group, stage=ONLY_MEMBERS), grant, lane, Q(group=group)
    )


def start_connector_sync(connector: Connector, lane: Lane = Lane.PERSON) -> list[SyncRun]:
    """Starts a sync of all that the connector's grants reach: one run a grant, whose answer starts the rest.

    Only that first call goes in `lane`: the groups' own runs are many, so they go with the background.

    Raises CannotSync when the connector has no working grant or is not active.
    """
    grants = list(connector.grants.filter(state=Grant.State.WORKING).order_by("pk"))
    if not connector.is_active or not grants:
        raise CannotSync(
            _("%(connector)s is not active or has no working grant. Add a grant to it first.")
            % {"connector": connector}
        )
    same = Q(kind=SyncRun.Kind.DIRECTORY)
    next_at = clock.now() + timedelta(minutes=connector.sync_every)
    Connector.objects.filter(pk=connector.pk, next_sync_at=None).update(next_sync_at=next_at)
    return [
        _start(SyncRun(kind=SyncRun.Kind.DIRECTORY), grant, lane, same & Q(grant=grant)) for grant in grants
    ]


def sync_everything(lane: Lane = Lane.PERSON) -> list[SyncRun]:
    """Starts a sync of every active connector that has a working grant; the others are left out."""
    connectors = Connector.objects.filter(is_active=True, grants__state=Grant.State.WORKING).distinct()
    return [run for connector in connectors.order_by("pk") for run in start_connector_sync(connector, lane)]


def _start(run: SyncRun, grant: Grant, lane: Lane, same: Q) -> SyncRun:
    """Posts the run, or returns the active one: the database lets only one of them in."""
    active = SyncRun.objects.filter(same, state__in=ACTIVE)
    run.grant, run.connector_id, run.lane = grant, grant.connector_id, lane_for(lane, run.expected_pages)
    for _attempt in range(TRIES):
        if running := active.first():
            return _hurry(running, lane_for(lane, running.expected_pages))
        try:
            with transaction.atomic():
                outbox.post([run])
        except IntegrityError:
            continue  # a rival was faster; find its run
        return run
    raise CannotSync(_("The group or its grant changed just now. Look again, then start the sync once more."))


def _hurry(running: SyncRun, lane: Lane) -> SyncRun:
    """Somebody waits for it now: it goes ahead of the background."""
    SyncRun.objects.filter(pk=running.pk, state__in=ACTIVE, lane__gt=lane).update(lane=lane)
    outbox.nudge([running.connector_id])
    running.lane = min(running.lane, lane)
    return running


def family(*runs: SyncRun) -> QuerySet[SyncRun]:
    """The runs and those that they started."""
    keys = [run.pk for run in runs]
    return SyncRun.objects.filter(Q(pk__in=keys) | Q(parent__in=keys))


def accept_gone(run: SyncRun, by: AbstractBaseUser | None = None) -> bool:
    """A person says that so many people are really gone: reads the last page again and marks them.

    False when the run does not wait for that any more, or a later sync of the same group exists.
    """
    same = Q(group=run.group_id) if run.group_id else Q(grant=run.grant_id, kind=SyncRun.Kind.DIRECTORY)
    with transaction.atomic():
        waiting = SyncRun.objects.filter(pk=run.pk, state=State.FAILED, reason=errors.TOO_MANY_GONE)
        if SyncRun.objects.filter(same, pk__gt=run.pk).exists() or not waiting.update(allow_gone=True):
            return False
        return bool(outbox.retry(SyncRun.objects.filter(pk=run.pk), by))


def cancel(runs: Sequence[SyncRun], by: AbstractBaseUser | None = None) -> int:
    """Stops the runs and what they started; returns how many. One that calls now stops after its call."""
    rows = family(*runs).filter(state__in=ACTIVE)
    with transaction.atomic():
        asked = rows.update(stop_asked=True)
        outbox.cancel(rows, by)
    return asked

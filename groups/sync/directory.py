"""A directory run: every group that one grant reaches, in one call, and a run for each of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from groups import queries
from groups.models import Group, Reach, SyncRun
from kaizala_admin.kaizala import GroupInfo
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State

from . import mirror, tally
from .diff import apply, date_gone, save
from .plan import expected_pages, first_stage


def write(run: SyncRun, infos: Sequence[GroupInfo], now: datetime) -> tally.Tally:
    """Stores the groups and who reaches them, dates the others, and starts the groups' own runs."""
    written = mirror.write(run, infos, now, whole=True)
    roles = {written.rows[info.group_id].pk: info.caller_role for info in infos if info.group_id}
    _write_reaches(run, roles, now)
    gone = _close(run, roles, now)
    post_children(run, list(written.rows.values()))
    return tally.Tally(len(written.rows), written.created, written.changed, gone)


def _write_reaches(run: SyncRun, roles: Mapping[int, str], now: datetime) -> None:
    known = {reach.group_id: reach for reach in Reach.objects.filter(grant_id=run.grant_id)}
    changed = [
        reach for key, reach in known.items() if key in roles and apply(reach, {"role": roles[key]}, run.pk)
    ]
    new = [
        Reach(grant_id=run.grant_id, group_id=key, role=role, first_seen_at=now, seen_run=run.pk)
        for key, role in roles.items()
        if key not in known
    ]
    save(Reach, new, changed, ["role"])


def _close(run: SyncRun, roles: Mapping[int, str], now: datetime) -> int:
    live = dict(
        Reach.objects.filter(grant_id=run.grant_id, gone_at__isnull=True).values_list("group_id", "pk")
    )
    lost = {group: key for group, key in live.items() if group not in roles}
    before = Reach.objects.filter(
        grant_id=run.grant_id, gone_at__isnull=True, first_seen_at__lt=run.started_at or now
    )
    if lost:
        tally.guard(run, len(lost), before.count(), _("groups"), len(live) - len(lost))
    date_gone(Reach, lost.values(), now, run.pk)
    return mirror.date_lost(lost, now, run.pk)


def post_children(run: SyncRun, groups: Sequence[Group]) -> int:
    """A run for each group that this grant serves best and that nobody syncs yet. Returns how many."""
    best = queries.best_grants([group.pk for group in groups])
    mine = [group for group in groups if group.pk in best and best[group.pk].pk == run.grant_id]
    for _attempt in range(3):
        rows = _children(run, mine)
        try:
            with transaction.atomic():
                outbox.post(rows)
        except IntegrityError:
            continue  # a rival started one of them in between: look again
        return len(rows)
    return 0


def _children(run: SyncRun, groups: Sequence[Group]) -> list[SyncRun]:
    busy = set(
        SyncRun.objects.filter(
            state__in=(State.QUEUED, State.SENDING), group__tenant=run.connector.tenant_id
        ).values_list("group_id", flat=True)
    )
    return [
        SyncRun(
            kind=SyncRun.Kind.GROUP,
            group=group,
            parent=run,
            connector_id=run.connector_id,
            grant_id=run.grant_id,
            lane=Lane.SYNC,  # many calls: they must not stand before a broadcast
            stage=first_stage(group),
            expected_pages=expected_pages(group),
        )
        for group in groups
        if group.pk not in busy
    ]

"""Group rows, and when one counts as gone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from groups.models import Group, GroupLink, Reach, SyncRun
from kaizala_admin.kaizala import GroupInfo

from .diff import CHUNK, apply, chunks, clip, save

FIELDS = (
    "name",
    "group_type",
    "image_url",
    "welcome_message",
    "has_sub_groups",
    "remote_user_count",
    "gone_reason",
)


def values_of(info: GroupInfo, known: Group | None, whole: bool) -> dict[str, Any]:
    """The row's fields. `whole`: the answer names each (contract OP 5); otherwise silence changes nothing."""
    told: dict[str, Any] = {
        "name": clip(Group, "name", info.name) or info.group_id,
        "image_url": info.image_url,
        "welcome_message": info.welcome_message,
        "group_type": info.group_type,
        "has_sub_groups": info.has_sub_groups,
        "remote_user_count": info.user_count,
    }
    if known is not None and not whole:
        kept = {"group_type": Group.Type.GROUP, "name": info.group_id}  # what an absent key reads as
        told = {field: value for field, value in told.items() if value not in ("", None, kept.get(field, ""))}
    told = {field: value for field, value in told.items() if value is not None}
    return {**told, "gone_reason": ""}


def write(run: SyncRun, infos: Iterable[GroupInfo], now: datetime, *, whole: bool) -> "Written":
    """New and changed groups, in bulk. A group that was gone is back."""
    once = {info.group_id: info for info in infos if info.group_id}
    result = Written()
    for some in chunks(once.values(), CHUNK):
        _write_chunk(run, some, now, whole, result)
    return result


class Written:
    """Every group of the answer by its Kaizala ID, and how many rows were new or changed."""

    def __init__(self) -> None:
        self.rows: dict[str, Group] = {}
        self.created = 0
        self.changed = 0


def _write_chunk(run: SyncRun, infos: list[GroupInfo], now: datetime, whole: bool, result: Written) -> None:
    tenant_id = run.connector.tenant_id
    ids = [info.group_id for info in infos]
    known = {row.group_id: row for row in Group.objects.filter(tenant_id=tenant_id, group_id__in=ids)}
    changed, new = [], []
    for info in infos:
        row = known.get(info.group_id)
        values = values_of(info, row, whole)
        if row is None:
            row = Group(
                tenant_id=tenant_id, group_id=info.group_id, first_seen_at=now, seen_run=run.pk, **values
            )
            new.append(row)
        elif apply(row, values, run.pk):
            changed.append(row)
        result.rows[info.group_id] = row
    save(Group, new, changed, FIELDS)
    result.created += len(new)
    result.changed += len(changed)


def date_lost(candidates: Iterable[int], now: datetime, run_id: int) -> int:
    """Dates those of the groups that no grant reaches and no present group lists any more."""
    reach = Reach.objects.filter(group=OuterRef("pk"), gone_at__isnull=True)
    listed = GroupLink.objects.filter(
        child=OuterRef("pk"), gone_at__isnull=True, parent__gone_at__isnull=True
    )
    gone = 0
    for some in chunks(candidates):
        lost = Group.objects.filter(~Exists(reach), ~Exists(listed), pk__in=some, gone_at__isnull=True)
        reason = _("No grant reaches it any more, and no group lists it as a sub-group.")
        gone += lost.update(gone_at=now, seen_run=run_id, gone_reason=reason)
    return gone


def date_vanished(group_id: int, message: str, now: datetime, run_id: int) -> None:
    """Kaizala knows no such group: dates it and what leads to it."""
    reason = _("Kaizala answers that there is no such group: %(message)s") % {"message": message}
    live = {"gone_at__isnull": True}
    Group.objects.filter(pk=group_id, **live).update(
        gone_at=now, seen_run=run_id, gone_reason=clip(Group, "gone_reason", reason)
    )
    Reach.objects.filter(group_id=group_id, **live).update(gone_at=now, seen_run=run_id)
    GroupLink.objects.filter(child_id=group_id, **live).update(gone_at=now, seen_run=run_id)

"""Actions and their instances: found in a list, told by an event, or sent from here. Written in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from groups.models import Group
from groups.sync.diff import chunks
from messaging.models import Dispatch
from surveys import values
from surveys.models import Action, ActionInstance
from surveys.models.actions import LONGEST_TITLE

TOGETHER = timedelta(hours=1)  # the same title of the same sender within it is one action in several groups


@dataclass(frozen=True)
class Found:
    """One instance as Kaizala tells of it. None, and "", stand for what was not told."""

    action_id: str
    kind: str
    title: str
    sent_at: datetime
    sender: str = ""
    reference_id: str = ""
    package_id: str = ""
    due_at: datetime | None = None
    told_count: int | None = None
    assignee_count: int | None = None
    is_completed: bool | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)  # fields of Action


def write(group: Group, found: Iterable[Found], now: datetime) -> list[ActionInstance]:
    """Stores what is new or told differently; the instances, with their actions, in the order of `found`."""
    wanted = {one.action_id: one for one in found if one.action_id}
    rows: dict[str, ActionInstance] = {}
    for some in chunks(wanted):
        known = ActionInstance.objects.filter(group=group, kaizala_id__in=some).select_related("action")
        rows |= {row.kaizala_id: row for row in known}
    new = [one for key, one in wanted.items() if key not in rows]
    _update([(rows[key], one) for key, one in wanted.items() if key in rows])
    rows |= {row.kaizala_id: row for row in _create(group, new, now)}
    return [rows[key] for key in wanted]


def _update(pairs: Sequence[tuple[ActionInstance, Found]]) -> None:
    """More answers than at the last fetch, or a time that moved: its answers are wanted."""
    changed = [row for row, one in pairs if _apply(row, one)]
    names = ["due_at", "told_count", "assignee_count", "is_completed", "wants_fetch", "reference_id"]
    ActionInstance.objects.bulk_update(changed, [*names, "gone_at"], batch_size=100)


def _apply(row: ActionInstance, one: Found) -> bool:
    told = {
        "due_at": one.due_at,
        "told_count": one.told_count,
        "assignee_count": one.assignee_count,
        "is_completed": one.is_completed,
        "reference_id": one.reference_id or None,
    }
    news: dict[str, Any] = {
        name: value for name, value in told.items() if value is not None and getattr(row, name) != value
    }
    if row.gone_at is not None:
        news["gone_at"] = None
    wants = one.told_count is not None and one.told_count != row.response_count
    if wants and not row.wants_fetch:
        news["wants_fetch"] = True
    for name, value in news.items():
        setattr(row, name, value)
    return bool(news)


def _create(group: Group, new: Sequence[Found], now: datetime) -> list[ActionInstance]:
    if not new:
        return []
    sent = _dispatches(group, [one.action_id for one in new])
    rows = []
    for one in new:
        dispatch = sent.get(one.action_id)
        action = _action_of(group, one, dispatch)
        rows.append(
            ActionInstance(
                action=action,
                group=group,
                dispatch=dispatch,
                kaizala_id=one.action_id[:100],
                reference_id=one.reference_id[:100],
                sent_at=one.sent_at,
                due_at=one.due_at,
                told_count=one.told_count,
                assignee_count=one.assignee_count or 0,
                is_completed=bool(one.is_completed),
                reached=reached(group, dispatch),
                first_seen_at=now,
            )
        )
    return ActionInstance.objects.bulk_create(rows)


def reached(group: Group, dispatch: Dispatch | None) -> int:
    """How many people got it: those of the call, else all that the group has in the mirror."""
    if dispatch is not None and dispatch.people:
        return max(0, dispatch.people - dispatch.people_failed)
    return group.member_count + group.subscriber_count


def _dispatches(group: Group, action_ids: Sequence[str]) -> dict[str, Dispatch]:
    """The calls of ours that made these instances."""
    rows = Dispatch.objects.filter(group=group).select_related("broadcast")
    found: dict[str, Dispatch] = {}
    for some in chunks(action_ids):
        found |= {row.action_id: row for row in rows.filter(action_id__in=some)}
    return found


def _action_of(group: Group, one: Found, dispatch: Dispatch | None) -> Action:
    """The action that the instance belongs to: of the same broadcast, or found alike; else a new one."""
    if dispatch is not None:
        action, _made = Action.objects.get_or_create(
            broadcast_id=dispatch.broadcast_id, defaults=_fields(group, one)
        )
        return action
    alike = _alike(group, one)
    return alike if alike is not None else Action.objects.create(**_fields(group, one))


def _alike(group: Group, one: Found) -> Action | None:
    """One in other groups only: the same thing twice in one group is two things."""
    if not one.title:
        return None
    near = (one.sent_at - TOGETHER, one.sent_at + TOGETHER)
    rows = Action.objects.filter(
        tenant=group.tenant_id,
        kind=one.kind,
        sender=one.sender[:20],
        sent_at__range=near,
        title=_title(one),
        package_id=one.package_id[:200],
        broadcast=None,
    )
    return rows.exclude(instances__group=group).order_by("sent_at", "pk").first()


def _title(one: Found) -> str:
    return values.writable(one.title)[:LONGEST_TITLE] or one.action_id


def _fields(group: Group, one: Found) -> dict[str, Any]:
    return {
        "tenant_id": group.tenant_id,
        "kind": one.kind,
        "package_id": one.package_id[:200],
        "title": _title(one),
        "sender": one.sender[:20],
        "sent_at": one.sent_at,
        **one.flags,
    }

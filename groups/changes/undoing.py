"""Taking a change back: removing whom it added, adding whom it removed, linking again."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from groups.models import Member
from kaizala_admin.outbox.models import State

from . import services
from .checking import CannotChange
from .models import GroupChange
from .results import Outcome

Kind = GroupChange.Kind
By = AbstractBaseUser | None


def can_undo(change: GroupChange) -> bool:
    """Whether there is something to take back. One query, unless `undone_by` was fetched before."""
    if change.state != State.SENT or change.kind in (Kind.CREATE_GROUP, Kind.CREATE_SUBGROUP):
        return False  # Kaizala has no call that deletes a group (contract 4)
    if not touched(change):
        return False
    return all(other.state == State.FAILED for other in change.undone_by.all())


def told_before(change: GroupChange) -> str:
    """What taking it back does not bring back, in words; "" when it is all."""
    if change.kind == Kind.REMOVE_MEMBER and change.payload.get("role") == Member.Role.ADMIN:
        return _("This person was an admin, and comes back as an ordinary member.")
    return ""


def undone(change: GroupChange, by: By) -> list[GroupChange]:
    """The changes that take it back, in line."""
    with transaction.atomic():
        row = (
            GroupChange.objects.select_for_update(of=("self",))
            .select_related("group", "other")
            .get(pk=change.pk)
        )
        if not can_undo(row) or row.group is None:
            raise CannotChange(_("There is nothing to take back, or it has been taken back before."))
        return _undo(row, by)


def _undo(row: GroupChange, by: By) -> list[GroupChange]:
    group, numbers = row.group, touched(row)
    assert group is not None
    asked: dict[str, Any] = {"group": group, "by": by, "undoes": row}
    match row.kind:
        case Kind.ADD_MEMBERS:
            present = Member.objects.filter(group=group, mobile_number__in=numbers, gone_at__isnull=True)
            return services.remove_members(members=present.order_by("pk"), **asked)
        case Kind.REMOVE_MEMBER:
            return services.add_members(numbers=numbers, **asked)
        case Kind.ADD_SUBSCRIBERS:
            return services.remove_subscribers(numbers=numbers, **asked)
        case Kind.REMOVE_SUBSCRIBERS:
            return services.add_subscribers(numbers=numbers, **asked)
        case Kind.SET_ROLE:
            return [_other_role(row, by)]
    assert row.other is not None
    again = services.unlink if row.kind == Kind.LINK else services.link
    return [again(parent=group, child=row.other, by=by, undoes=row)]


def _other_role(row: GroupChange, by: By) -> GroupChange:
    group = row.group
    assert group is not None
    member = Member.objects.filter(group=group, person_id=row.payload["person_id"]).first()
    if member is None:
        raise CannotChange(_("This person is not known in the group any more."))
    before = Member.Role.MEMBER if row.payload["role"] == Member.Role.ADMIN else Member.Role.ADMIN
    return services.set_role(group=group, member=member, role=before, by=by, undoes=row)


def touched(change: GroupChange) -> list[str]:
    """Whom the change really changed: not those who were there, or were not, before.

    Nor whom it removed without knowing a number: Kaizala adds people by number alone.
    """
    changed = (Outcome.ADDED, Outcome.REMOVED, Outcome.CHANGED)
    names = [name for name, (outcome, _why) in change.results.items() if outcome in changed]
    return [name for name in names if change.kind != Kind.REMOVE_MEMBER or name.startswith("+")]

"""What a change is called on screen."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import Member

from .models import GroupChange

Kind = GroupChange.Kind


def title(change: GroupChange) -> str:
    """What the change does, in one line. Reads its group and its other group: select them."""
    said = {
        "group": change.group.name if change.group else "",
        "other": change.other.name if change.other else change.payload.get("name", ""),
        "who": who(change),
    }
    match change.kind:
        case Kind.CREATE_GROUP:
            return _("Create the group “%(other)s”") % said
        case Kind.CREATE_SUBGROUP:
            return _("Create “%(other)s” below %(group)s") % said
        case Kind.LINK:
            return _("Link “%(other)s” below %(group)s") % said
        case Kind.UNLINK:
            return _("Unlink “%(other)s” from %(group)s") % said
        case Kind.ADD_MEMBERS:
            return _("Add %(who)s to %(group)s") % said
        case Kind.REMOVE_MEMBER:
            return _("Remove %(who)s from %(group)s") % said
        case Kind.ADD_SUBSCRIBERS:
            return _("Subscribe %(who)s to %(group)s") % said
        case Kind.REMOVE_SUBSCRIBERS:
            return _("Unsubscribe %(who)s from %(group)s") % said
        case Kind.SET_ROLE if change.payload.get("role") == Member.Role.ADMIN:
            return _("Make %(who)s an admin of %(group)s") % said
        case Kind.SET_ROLE:
            return _("Make %(who)s an ordinary member of %(group)s") % said
    return str(change)


def who(change: GroupChange) -> str:
    """ "Asha Rao", "+919812345678" for one person, "1,234 people" for more."""
    if change.people == 1:
        return str(change.payload.get("label") or (change.payload.get("numbers") or [""])[0])
    return people(change.people)


def people(count: int) -> str:
    return ngettext("%(n)s person", "%(n)s people", count) % {"n": f"{count:,}"}


def evidence(change: GroupChange) -> str:
    """What helps a person to say whether a lost call arrived."""
    if change.kind in (Kind.CREATE_GROUP, Kind.CREATE_SUBGROUP):
        return _(
            "Look whether a group “%(name)s” has appeared among the groups: they were read again afterwards."
        ) % {"name": change.payload.get("name", "")}
    return ""

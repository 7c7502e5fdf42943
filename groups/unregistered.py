"""How many of a group have not set up the app, and the lists that hold them."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import Group


@dataclass(frozen=True)
class Part:
    """The members or the subscribers of a group who are not registered."""

    title: "str | Promise"
    what: "str | Promise"
    count: int
    url: str


def unregistered(group: Group) -> list[Part]:
    """One of a group that nobody can follow, else two: no list holds both."""
    parts = [
        Part(_("Members not registered"), _("members"), group.unprovisioned_members, _url("member", group))
    ]
    followers = group.unprovisioned_subscribers
    if group.group_type == Group.Type.PUBLIC or followers:
        title, what = _("Subscribers not registered"), _("subscribers")
        parts.append(Part(title, what, followers, _url("subscriber", group)))
    return parts


def _url(what: str, group: Group) -> str:
    return f"{reverse(f'admin:groups_{what}_changelist')}?group__id__exact={group.pk}&registered=no"

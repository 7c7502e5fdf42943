"""Who may open which page, and press which button."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from messaging.models import Broadcast, Dispatch
from messaging.views.base import url

from .conftest import GROUPS, Org
from .test_pages import compose

SignIn = Callable[[str], Client]
ROLES = ("Viewer", "Operator", "Approver", "Administrator")
PAGES = {
    "add": "Operator",
    "changelist": "Viewer",
    "pick": "Operator",
    "compose": "Operator",
    "check": "Viewer",
    "lines": "Viewer",
    "progress": "Viewer",
    "unknowns": "Viewer",
    "throw_away": "Operator",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_for_its_roles_only(org: Org, signed_in: SignIn, role: str, name: str) -> None:
    group = org.group()
    draft = org.draft(GROUPS, [group])
    args = [] if name in ("add", "changelist", "pick") else [draft.pk]
    query = "?name=groups" if name == "pick" else ""
    answer = signed_in(role).get(url(name, *args) + query)
    allowed = ROLES.index(role) >= ROLES.index(PAGES[name])
    assert answer.status_code in ((200, 302) if allowed else (403,))


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "retry", "arrived", "again"])
@pytest.mark.parametrize("role", ROLES)
def test_every_button_works_for_its_roles_only(org: Org, signed_in: SignIn, role: str, verb: str) -> None:
    broadcast = org.launched(GROUPS, [org.group()])
    address = reverse("admin:messaging_broadcast_do", args=[broadcast.pk, verb])
    answer = signed_in(role).post(address, {"confirmed": "yes"})
    assert answer.status_code == (302 if role != "Viewer" else 403)


def test_a_viewer_can_neither_write_nor_copy_nor_send(org: Org, signed_in: SignIn) -> None:
    client, draft = signed_in("Viewer"), org.draft(GROUPS, [org.group()])
    assert compose(client, mode="groups", groups=draft.audience["groups"]).status_code == 403
    assert client.post(reverse("admin:messaging_broadcast_copy", args=[draft.pk])).status_code == 403
    assert client.post(url("check", draft.pk), {"people": "3"}).status_code == 403
    assert (Broadcast.objects.count(), Dispatch.objects.count()) == (1, 0)


def test_a_stranger_is_sent_to_sign_in(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    for name in ("compose", "check", "progress", "unknowns"):
        assert "/login/" in Client().get(url(name, draft.pk)).url  # type: ignore[attr-defined]

"""Every address, as every role: who may not, is told so; who may, gets a page; nobody gets a crash."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from kaizala_admin.ui.roles import ADMINISTRATOR, APPROVER, OPERATOR, VIEWER

from .addresses import Address, addresses, path_of, registered
from .people import everyone
from .world import have

pytestmark = pytest.mark.django_db

Rows = dict[str, Any]
People = dict[str, User]

OPEN = {"admin:login", "admin:logout", "admin:jsi18n"}  # before signing in
SHARED = {"admin:index", "admin:search", "admin:password_change", "admin:password_change_done"}
PARTS = {"object_id", "id", "app_label", "content_type_id", "url", "from_field"}
PARTS_OF_ROWS = {"group_id", "run_id", "broadcast_id", "dispatch_id", "grant_id", "connector_id", "pk", "key"}
FINE = {200, 302, 400, 404, 405, 422}  # 422: a form with errors


@pytest.fixture
def rows() -> dict[str, Any]:
    return {name: have(model) for name, (model, _admin) in registered().items() if name != "auth_user"}


@pytest.fixture
def people(rows: Rows) -> dict[str, User]:
    found = everyone()
    rows["auth_user"] = found[""]
    return found


def model_name(address: Address) -> str:
    """The registered model that the address belongs to, or ""."""
    short = address.name.split(":")[-1]
    fitting = [name for name in registered() if short.startswith(f"{name}_")]
    return max(fitting, key=len, default="")


def values_for(address: Address, rows: dict[str, Any]) -> dict[str, Any]:
    """Something for each part of the path: the key of a row of the address's own model, if it has one."""
    row = rows.get(model_name(address))
    if row is None:
        short = address.name.split(":")[-1]
        row = next((rows[name] for name in rows if name.split("_")[0] == short.split("_")[0]), None)
    key = row.pk if row is not None else 1
    values: dict[str, Any] = dict.fromkeys(address.names, key)
    values.update(app_label="groups", content_type_id=1, object_id=key, url="nowhere/")
    if "name" in address.names:
        values["name"] = "groups.syncrun"
    if "tab" in address.names:
        values["tab"] = "members"
    return values


def may(address: Address, user: User, rows: dict[str, Any]) -> bool | None:
    """What the permissions say of a GET; None where only the answer can tell."""
    needed = getattr(address.view_class, "permission_required", None)
    if needed:
        return user.has_perms([needed] if isinstance(needed, str) else needed)
    name = model_name(address)
    if not name:
        return None
    request = RequestFactory().get("/")
    request.user = user
    model_admin, row = registered()[name][1], rows[name]
    match address.name.removeprefix(f"admin:{name}_"):
        case "changelist":
            return bool(model_admin.has_view_or_change_permission(request))
        case "add":
            return bool(model_admin.has_add_permission(request))
        case "change" | "history":
            return bool(model_admin.has_view_or_change_permission(request, row))
        case "delete":
            return bool(model_admin.has_delete_permission(request, row))
    return None


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_stranger_is_sent_to_sign_in_from_every_address(rows: Rows, people: People) -> None:
    wrong = {}
    for address in addresses():
        if address.name in OPEN or not address.name.startswith("admin:"):
            continue
        path = path_of(address, values_for(address, rows))
        for answer in (Client().get(path), Client().post(path)):
            if answer.status_code != 302 or "/login/" not in answer["Location"]:
                wrong[address.name] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("role", ["", VIEWER, OPERATOR, APPROVER, ADMINISTRATOR])
def test_every_page_opens_for_whom_it_should(rows: Rows, people: People, role: str) -> None:
    wrong = {}
    for address in addresses():
        if address.name in OPEN:
            continue
        answer = signed_in(people[role]).get(path_of(address, values_for(address, rows)))
        allowed = may(address, people[role], rows)
        if not fits(answer, allowed, address):
            wrong[address.name] = (answer.status_code, f"may: {allowed}")
    assert wrong == {}


def fits(answer: HttpResponseBase, allowed: bool | None, address: Address) -> bool:
    if allowed is None:
        return answer.status_code in FINE | {403}
    return answer.status_code in FINE if allowed else answer.status_code == 403


@pytest.mark.parametrize("role", ["", VIEWER, OPERATOR, APPROVER, ADMINISTRATOR])
def test_nobody_posts_where_they_may_not_look(rows: Rows, people: People, role: str) -> None:
    wrong = {}
    for address in addresses():
        if address.name in OPEN | {"admin:password_change"}:
            continue
        if may(address, people[role], rows) is False:
            answer = signed_in(people[role]).post(path_of(address, values_for(address, rows)))
            if answer.status_code != 403:
                wrong[address.name] = answer.status_code
    assert wrong == {}


def test_an_empty_form_never_crashes_a_page(rows: Rows, people: People) -> None:
    wrong = {}
    for address in addresses():
        if address.name in OPEN or address.name.endswith("_delete"):
            continue
        for role in (APPROVER, ADMINISTRATOR):
            answer = signed_in(people[role]).post(path_of(address, values_for(address, rows)))
            if answer.status_code not in FINE | {403}:
                wrong[address.name] = answer.status_code
    assert wrong == {}


# Who may open which list, written down once so that a slip in a migration shows.
LISTS = {
    "connectors_tenant": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "connectors_connector": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "connectors_grant": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "connectors_apicall": {ADMINISTRATOR},
    "exports_export": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "outbox_attempt": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "webhooks_subscription": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "webhooks_subscriptioncall": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "webhooks_stray": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "webhooks_straycall": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "webhooks_rule": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "webhooks_event": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "groups_group": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "groups_member": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "groups_subscriber": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "groups_syncrun": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "groups_groupchange": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "groups_importrun": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_broadcast": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_dispatch": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_savedaudience": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_donotcontact": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_actionlook": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_delivery": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "surveys_action": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "surveys_response": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "surveys_answersync": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "surveys_answering": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "surveys_reminder": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "surveys_answerschedule": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_savedmessage": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_testphones": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_mediafile": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "messaging_mediaupload": {VIEWER, OPERATOR, APPROVER, ADMINISTRATOR},
    "auth_user": {ADMINISTRATOR},
    "ui_role": {ADMINISTRATOR},
    "axes_accessattempt": {ADMINISTRATOR},
    "axes_accesslog": {ADMINISTRATOR},
    "auditlog_logentry": {ADMINISTRATOR},
}


def test_the_lists_open_for_these_roles(people: dict[str, User]) -> None:
    clients = {role: signed_in(user) for role, user in people.items()}
    lists = {address.name: address for address in addresses() if address.name.endswith("_changelist")}
    opened = {
        name.removeprefix("admin:").removesuffix("_changelist"): {
            role for role, client in clients.items() if client.get(path_of(address, {})).status_code == 200
        }
        for name, address in lists.items()
    }
    assert opened == LISTS


@pytest.mark.parametrize("address", ["/admin/surveys/action/packages/?package=%00", "/admin/%00/"])
def test_a_nul_in_an_address_is_refused_in_words(address: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    answer = client.get(address)
    assert answer.status_code == 400
    assert "NUL" not in answer.content.decode()  # the page speaks to people

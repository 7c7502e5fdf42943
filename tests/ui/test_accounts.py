"""Users and roles: an administrator gives roles, and cannot make anybody a superuser."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from kaizala_admin.ui.models import Role
from kaizala_admin.ui.roles import ADMINISTRATOR, OPERATOR, VIEWER
from tests.house.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(person(ADMINISTRATOR), backend="django.contrib.auth.backends.ModelBackend")
    return client


def change(client: Client, user: User, **more: Any) -> Any:
    url = reverse("admin:auth_user_change", args=[user.pk])
    return client.post(url, {"username": user.username, "is_active": "on", **more})


def test_a_new_user_may_sign_in_to_the_console(administrator: Client) -> None:
    words = "four unlikely words together"
    data = {"username": "amina", "password1": words, "password2": words}
    answer = administrator.post(reverse("admin:auth_user_add"), data)
    assert answer.status_code == 302
    assert User.objects.get(username="amina").is_staff is True


def test_a_new_user_has_a_name_and_a_role_at_once(administrator: Client) -> None:
    words, operator = "four unlikely words together", Group.objects.get(name=OPERATOR)
    data = {"username": "amina", "first_name": "Amina", "groups": [operator.pk]}
    answer = administrator.post(
        reverse("admin:auth_user_add"), {**data, "password1": words, "password2": words}, follow=True
    )
    assert answer.redirect_chain == [(reverse("admin:auth_user_changelist"), 302)]
    user = User.objects.get(username="amina")
    assert (user.first_name, [role.name for role in user.groups.all()]) == ("Amina", [OPERATOR])


def test_an_administrator_gives_a_role(administrator: Client) -> None:
    user = person(VIEWER)
    operator = Group.objects.get(name=OPERATOR)
    assert change(administrator, user, groups=[operator.pk]).status_code == 302
    assert [group.name for group in user.groups.all()] == [OPERATOR]


def test_an_administrator_cannot_make_a_superuser(administrator: Client) -> None:
    user = person(VIEWER)
    change(administrator, user, is_superuser="on")
    user.refresh_from_db()
    assert user.is_superuser is False


@pytest.mark.parametrize("page", ["auth_user_change", "auth_user_delete", "auth_user_password_change"])
def test_an_administrator_cannot_touch_a_superuser(administrator: Client, page: str) -> None:
    root = User.objects.create_superuser("root", password="unlikely words for a root")
    words = "quite another password now"
    data = {"post": "yes", "username": "taken", "password1": words, "password2": words}
    answer = administrator.post(reverse(f"admin:{page}", args=[root.pk]), data)
    root.refresh_from_db()
    assert answer.status_code == 403
    assert (root.username, root.check_password("unlikely words for a root")) == ("root", True)


def test_a_users_page_shows_nothing_of_the_password(administrator: Client) -> None:
    user = person(VIEWER)
    user.set_password("some unlikely words here")
    user.save()
    page = administrator.get(reverse("admin:auth_user_change", args=[user.pk])).content.decode()
    assert "argon2" not in page
    assert "Set a new password" in page


def test_saving_a_role_unchanged_keeps_its_permissions(administrator: Client) -> None:
    role = Role.objects.get(name=OPERATOR)
    before = set(role.permissions.values_list("codename", flat=True))
    url = reverse("admin:ui_role_change", args=[role.pk])
    form = administrator.get(url).context["adminform"].form
    ticked = [permission.pk for permission in form.initial["permissions"]]
    assert administrator.post(url, {"name": role.name, "permissions": ticked}).status_code == 302
    assert set(role.permissions.values_list("codename", flat=True)) == before
    assert {"sync_group", "settle"} <= before

"""The frame of the console: sidebar, sign-in, error pages, the page that asks first."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from kaizala_admin.ui import navigation
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.roles import ADMINISTRATOR, OPERATOR, ROLES, VIEWER
from tests.house.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sidebar(user: User, path: str = "/admin/") -> dict[str, list[str]]:
    request = RequestFactory().get(path)
    request.user = user
    return {
        str(section["title"]): [str(item["title"]) for item in section["items"]]
        for section in navigation.navigation(request)
    }


def test_every_link_of_the_sidebar_leads_somewhere() -> None:
    items = [item for _title, items in navigation.SECTIONS for item in items]
    assert [item.url_name for item in items if not navigation._address(item)] == []


ABOVE_A_VIEWER = {"Compose", "API calls", "Users", "Roles", "Locked sign-ins", "Sign-ins", "Changes"}


def links(user: User) -> set[str]:
    return {title for titles in sidebar(user).values() for title in titles}


def test_a_viewer_sees_what_a_viewer_may_open() -> None:
    seen = links(person(VIEWER))
    assert {"Home", "All broadcasts", "Ledger", "Groups", "Members", "Connectors", "Outbox"} <= seen
    assert seen & ABOVE_A_VIEWER == set()


def test_an_operator_also_composes() -> None:
    assert links(person(OPERATOR)) & ABOVE_A_VIEWER == {"Compose"}


def test_an_administrator_also_sees_the_calls_and_who_works_here() -> None:
    assert links(person(ADMINISTRATOR)) >= ABOVE_A_VIEWER


def marked(user: User, path: str) -> list[str]:
    request = RequestFactory().get(path)
    request.user = user
    found = [item for section in navigation.navigation(request) for item in section["items"]]
    return [str(item["title"]) for item in found if item["active"]]


def test_one_link_is_marked_as_the_present_page() -> None:
    assert marked(person(ADMINISTRATOR), "/admin/groups/group/5/change/") == ["Groups"]


def test_a_list_without_a_link_marks_the_one_it_is_reached_from() -> None:
    user = person(ADMINISTRATOR)
    assert marked(user, reverse("admin:webhooks_stray_changelist")) == ["Subscriptions"]
    assert marked(user, reverse("admin:outbox_attempt_changelist")) == ["Outbox"]
    assert marked(user, reverse("admin:outbox")) == ["Outbox"]


def test_every_list_of_the_console_marks_one_link() -> None:
    user = person(ADMINISTRATOR)
    names = [each._meta.label_lower.replace(".", "_") for each in site._registry]
    lists = [reverse(f"admin:{name}_changelist") for name in names]
    assert [(path, marked(user, path)) for path in lists if len(marked(user, path)) != 1] == []


def test_the_four_roles_are_there_after_migrating() -> None:
    assert links(person(ROLES[2])) - links(person(ROLES[1])) == {"To approve"}


def test_the_content_policy_lets_no_inline_script_run() -> None:
    policy = Client().get("/admin/login/")["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if " " in rule.strip())
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' 'unsafe-eval'"
    assert rules["script-src-attr"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"


@override_settings(LANGUAGES=[("en", "English"), ("ar", "Arabic")])
def test_pages_turn_round_for_right_to_left_readers() -> None:
    answer = client_of(person(VIEWER)).get("/admin/", HTTP_ACCEPT_LANGUAGE="ar")
    assert 'lang="ar" dir="rtl"' in answer.content.decode()


@override_settings(DEBUG=False)
def test_a_missing_page_says_so_in_words() -> None:
    answer = client_of(person(VIEWER)).get("/nothing/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_page_without_permission_says_whom_to_ask() -> None:
    answer = client_of(person(VIEWER)).get("/admin/auth/user/")
    assert answer.status_code == 403
    assert "ask one of the people who manage the users" in answer.content.decode()


def test_a_request_that_cannot_be_read_is_answered_in_words() -> None:
    answer = Client().get("/admin/login/", HTTP_HOST="somewhere.example")
    assert answer.status_code == 400
    assert "The console could not read that request" in answer.content.decode()


def test_a_crash_shows_a_page_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(request: HttpRequest) -> list[dict[str, Any]]:
        raise RuntimeError("boom")

    monkeypatch.setattr(navigation, "navigation", crash)
    client = client_of(person(VIEWER))
    client.raise_request_exception = False
    answer = client.get("/admin/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "boom" not in answer.content.decode()


def test_a_stale_form_is_explained() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/admin/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "The form was open for too long" in answer.content.decode()


def test_the_sixth_wrong_password_waits() -> None:
    user = person(VIEWER)
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    for _ in range(5):
        client.post("/admin/login/", {"username": user.username, "password": "wrong"})
    answer = client.post("/admin/login/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()


CONFIRMATION = Confirmation(
    title="Send to many",
    question="Send this to everybody?",
    button="Yes, send",
    cancel_url="/back/",
    facts=[("People", 4812), ("Calls", 162)],
    warnings=["It cannot be taken back."],
    fields={"action": "send", "_selected_action": ["1", "2"]},
)


def test_the_page_that_asks_first_says_it_in_numbers() -> None:
    request = RequestFactory().get("/")
    request.user = person(OPERATOR)
    shown = ask_first(request, CONFIRMATION).render().content.decode()
    assert "<dt>People</dt><dd>4,812</dd>" in shown
    assert shown.count('name="_selected_action"') == 2
    assert 'href="/back/"' in shown
    assert "It cannot be taken back." in shown


def test_only_a_posted_yes_is_a_yes() -> None:
    factory = RequestFactory()
    assert confirmed(factory.post("/", {"confirmed": "yes"})) is True
    assert confirmed(factory.post("/", {})) is False
    assert confirmed(factory.get("/", {"confirmed": "yes"})) is False


def test_a_list_is_called_by_its_name() -> None:
    client = client_of(person(VIEWER))
    for path, name in (("groups/group", "Groups"), ("connectors/connector", "Connectors")):
        page = client.get(f"/admin/{path}/").content.decode()
        assert f"<title>{name} | Kaizala Admin</title>" in " ".join(page.split()).replace("> ", ">").replace(
            " <", "<"
        )

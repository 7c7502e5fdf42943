"""A list of three rows asks the database as often as a list of one."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from .addresses import registered
from .world import CANARY, have

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    found = Client()
    found.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return found


def queries(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = client.get(path)
        assert (answer.status_code, answer.context is not None) == (200, True)
    return [query["sql"] for query in seen.captured_queries]


def repeated(first: list[str], second: list[str]) -> str:
    """What a reader wants to know when the numbers differ."""
    return "\n".join(sql for sql in second if second.count(sql[:60]) or sql not in first)


@pytest.mark.parametrize("name", sorted(registered()))
def test_a_list_costs_the_same_with_one_row_and_with_three(client: Client, name: str) -> None:
    model: Any = registered()[name][0]
    path = reverse(f"admin:{name}_changelist")
    have(model, 1)
    client.get(path)  # fills the caches that live as long as the process
    one = queries(client, path)
    for index in (2, 3):
        have(model, index)
    three = queries(client, path)
    assert len(three) == len(one), repeated(one, three)


def test_the_home_page_costs_the_same_with_one_row_of_everything_and_with_three(client: Client) -> None:
    path = reverse("admin:index")
    for model, _admin in registered().values():
        have(model, 1)
    client.get(path)
    one = queries(client, path)
    for model, _admin in registered().values():
        have(model, 2)
        have(model, 3)
    assert len(queries(client, path)) == len(one)


@pytest.mark.parametrize("name", sorted(registered()))
def test_no_page_of_a_row_shows_a_secret(client: Client, name: str) -> None:
    row = have(registered()[name][0])
    pages = [
        reverse(f"admin:{name}_changelist"),
        reverse(f"admin:{name}_change", args=[row.pk]),
        reverse(f"admin:{name}_history", args=[row.pk]),
    ]
    shown = [path for path in pages if CANARY in client.get(path, follow=True).content.decode()]
    assert shown == []

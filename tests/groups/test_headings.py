"""A list's headings are drawn once, however many rows it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from unfold.templatetags import unfold_list

from groups.models import Subscriber
from kaizala_admin.connectors.models import Grant
from kaizala_admin.ui import headings

from .test_pages import make_group

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    """The table alone: what is around it differs from page to page."""
    text = client.get(reverse("admin:groups_subscriber_changelist")).content.decode()
    return text[text.index('id="result_list"') : text.index("</table>")]


def test_many_rows_cost_one_row_of_headings(
    grant: Grant, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = list[Any]()

    def counted(changes: Any) -> Any:
        drawn.append(changes)
        return draw(changes)

    draw = headings.draw
    monkeypatch.setattr(headings, "draw", counted)
    for number in range(5):
        make_group(grant, number)
    text = page(admin_client)
    assert text.count("data-row") == Subscriber.objects.count() == 5
    assert len(drawn) == 1
    page(admin_client)
    assert len(drawn) == 2  # the next page has its own: it may be sorted otherwise


def test_they_look_as_unfold_draws_them(
    grant: Grant, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_group(grant, 1)
    Subscriber.objects.update(first_seen_at=datetime(2020, 1, 1, tzinfo=UTC))  # "years ago" on both pages
    ours = page(admin_client)
    monkeypatch.setattr(unfold_list, "result_headers", headings.draw)
    assert page(admin_client) == ours

"""Custom actions by their package, with their instances in groups."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from surveys.models import Action, ActionInstance

from .test_exporting import reader

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, tzinfo=UTC)


def sent(package: str, title: str, groups: int, responses: int) -> None:
    tenant, _made = Tenant.objects.get_or_create(name="Harvest")
    action = Action.objects.create(tenant=tenant, kind="Action", package_id=package, title=title, sent_at=AT)
    for at in range(groups):
        group, _made = Group.objects.get_or_create(
            tenant=tenant, group_id=f"g{at}", defaults={"name": f"G{at}", "first_seen_at": AT}
        )
        ActionInstance.objects.create(
            action=action,
            group=group,
            kaizala_id=f"{title}-{at}",
            sent_at=AT,
            first_seen_at=AT,
            reached=20,
            response_count=responses,
        )


def test_packages_are_counted_and_lead_to_their_instances() -> None:
    sent("com.example.visit", "Visit", 2, 3)
    sent("com.example.visit", "Second visit", 1, 4)
    sent("com.example.stock", "Stock", 1, 0)
    _user, client = reader("Viewer")
    address = reverse("admin:surveys_action_packages")
    shown = client.get(address).context["packages"]
    numbers = {
        one["action__package_id"]: (one["actions"], one["groups"], one["people"], one["answers"])
        for one in shown
    }
    assert numbers == {"com.example.visit": (2, 2, 60, 10), "com.example.stock": (1, 1, 20, 0)}
    url = next(one["url"] for one in shown if one["action__package_id"] == "com.example.visit")
    page = client.get(f"{address}{url}")
    assert [(one.action.title, one.group.name, one.response_count) for one in page.context["instances"]] == [
        ("Second visit", "G0", 4),
        ("Visit", "G1", 3),
        ("Visit", "G0", 3),
    ]
    assert page.context["numbers"] == {"instances": 3, "answers": 10}


def test_many_instances_come_fifty_at_a_time_with_as_many_queries() -> None:
    sent("com.example.visit", "Visit", 2, 1)
    _user, client = reader("Viewer")
    address = f"{reverse('admin:surveys_action_packages')}?package=com.example.visit"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    sent("com.example.visit", "More", 60, 1)
    with CaptureQueriesContext(connection) as many:
        first = client.get(address)
    assert len(many) == len(few)
    rest = client.get(reverse("admin:surveys_action_packages") + first.context["more_url"])
    assert (len(first.context["instances"]), len(rest.context["instances"])) == (50, 12)
    assert rest.context["more_url"] == ""

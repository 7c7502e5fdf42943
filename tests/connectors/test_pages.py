"""The admin pages: who may see them, what they never show, and that lists stay cheap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.forms import modelform_factory
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from kaizala_admin.connectors.forms import ConnectorForm
from kaizala_admin.connectors.models import ApiCall, Connector, Grant, Tenant

CANARIES = {
    "secret": "application-canary",
    "refresh": "refresh-canary-token",
    "access": "access-canary-token",
}


def make(number: int) -> Connector:
    tenant = Tenant.objects.create(name=f"Tenant {number}")
    connector = Connector.objects.create(
        tenant=tenant,
        name=f"Connector {number}",
        api_root="https://api.kaiza.la",
        application_id="a",
        application_secret=CANARIES["secret"],
    )
    grant = Grant.objects.create(
        connector=connector,
        name=f"Grant {number}",
        refresh_token=CANARIES["refresh"],
        access_token=CANARIES["access"],
        previous_refresh_token=CANARIES["refresh"],
        refresh_expires_at=timezone.now() + timedelta(days=number + 1),
    )
    for status, error in ((200, ""), (429, "Throttled"), (None, "NotSent")):
        ApiCall.objects.create(
            connector=connector,
            grant=grant,
            at=timezone.now(),
            operation="fetch_groups",
            method="GET",
            path="/v1/groups",
            status=status,
            ms=12,
            error=error,
        )
    return connector


def sign_in(client: Client, role: str) -> Client:
    user = User.objects.create_user(role.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


LISTS = [f"admin:connectors_{model}_changelist" for model in ("tenant", "connector", "grant", "apicall")]


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(
    client: Client, name: str, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sign_in(client, "Administrator")
    make(1)
    client.get(reverse(name))
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert client.get(reverse(name)).status_code == 200
    make(2)
    make(3)
    with CaptureQueriesContext(connection) as three:
        assert client.get(reverse(name)).status_code == 200
    assert len(three) == len(one)


@pytest.mark.django_db
def test_no_page_shows_a_secret(client: Client) -> None:
    sign_in(client, "Administrator")
    connector = make(1)
    grant, call = Grant.objects.get(), ApiCall.objects.first()
    assert call is not None
    pages = [
        *(reverse(name) for name in LISTS),
        reverse("admin:connectors_connector_change", args=[connector.pk]),
        reverse("admin:connectors_connector_test", args=[connector.pk]),
        reverse("admin:connectors_grant_change", args=[grant.pk]),
        reverse("admin:connectors_apicall_change", args=[call.pk]),
        reverse("admin:connectors_grant_by_pin") + f"?grant={grant.pk}",
        reverse("admin:connectors_grant_paste") + f"?grant={grant.pk}",
        reverse("admin:connectors_grant_history", args=[grant.pk]),
    ]
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert not any(secret in answer.content.decode() for secret in CANARIES.values()), url


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["Viewer", "Operator", "Approver"])
def test_only_administrators_test_get_tokens_and_read_the_call_log(client: Client, role: str) -> None:
    connector = make(1)
    sign_in(client, role)
    page = reverse("admin:connectors_connector_change", args=[connector.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"name": "Mine"}).status_code == 403
    assert (
        reverse("admin:connectors_connector_test", args=[connector.pk])
        not in client.get(page).content.decode()
    )
    refused = [
        reverse("admin:connectors_connector_test", args=[connector.pk]),
        reverse("admin:connectors_connector_add"),
        reverse("admin:connectors_grant_by_pin"),
        reverse("admin:connectors_grant_paste"),
        reverse("admin:connectors_apicall_changelist"),
        reverse("admin:connectors_grant_add"),
    ]
    assert [client.get(url).status_code for url in refused] == [403] * len(refused)
    assert [client.post(url).status_code for url in refused[:4]] == [403] * 4


@pytest.mark.django_db
def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    connector = make(1)
    for url in (
        reverse("admin:connectors_connector_test", args=[connector.pk]),
        reverse("admin:connectors_grant_by_pin"),
        reverse("admin:connectors_grant_paste"),
    ):
        answer = client.get(url)
        assert answer.status_code == 302
        assert "login" in answer["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 3),
        ("error=any", 2),
        ("error=none", 1),
        ("error=Throttled", 1),
        ("status=429", 1),
        ("status=2", 1),
        ("status=none", 1),
        ("operation=fetch_groups", 3),
        ("operation=send_message", 0),
    ],
)
def test_the_call_log_is_filtered(client: Client, query: str, shown: int) -> None:
    sign_in(client, "Administrator")
    make(1)
    answer = client.get(f"{reverse('admin:connectors_apicall_changelist')}?{query}")
    assert answer.context["cl"].result_count == shown


@pytest.mark.django_db
def test_a_long_path_of_the_call_log_may_break_and_is_no_markup(client: Client) -> None:
    sign_in(client, "Administrator")
    make(1)
    ApiCall.objects.update(path="/v1/groups?showDetail=true&name=<b>")
    page = client.get(reverse("admin:connectors_apicall_changelist")).content.decode()
    assert "/<wbr>v1/<wbr>groups?<wbr>showDetail=true&amp;<wbr>name=&lt;b&gt;" in page


@pytest.mark.django_db
def test_the_call_log_cannot_be_written(client: Client) -> None:
    sign_in(client, "Administrator")
    make(1)
    call = ApiCall.objects.first()
    assert call is not None
    change = reverse("admin:connectors_apicall_change", args=[call.pk])
    assert client.post(change, {"path": "/x"}).status_code == 403
    assert client.get(reverse("admin:connectors_apicall_add")).status_code == 403
    assert client.post(reverse("admin:connectors_apicall_delete", args=[call.pk])).status_code == 403


@pytest.mark.django_db
def test_a_connectors_page_shows_its_budget_and_why_it_waits(client: Client) -> None:
    from kaizala_admin.connectors import limiter

    sign_in(client, "Administrator")
    connector = make(1)
    limiter.pause(connector.pk, 40)
    page = client.get(reverse("admin:connectors_connector_change", args=[connector.pk])).content.decode()
    assert "3 of 100" in page
    assert "3 of 300" in page
    assert "Kaizala asked us to wait. Calls go on in 40 seconds" in page or "in 39 seconds" in page


@pytest.mark.django_db
def test_the_history_of_a_grant_holds_no_token() -> None:
    from auditlog.models import LogEntry

    connector = make(1)
    grant = Grant.objects.get()
    grant.name, grant.refresh_token = "New name", "another-canary-token"
    grant.save()
    connector.application_secret = "another-canary-secret"
    connector.save()
    kept = str(list(LogEntry.objects.values_list("changes", "changes_text", "serialized_data")))
    assert "New name" in kept
    assert "canary" not in kept
    assert "gAAAA" not in kept


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "tone"), [(3, "kza-danger"), (20, "kza-warning"), (90, "")])
def test_a_grants_page_warns_a_month_and_a_week_before_its_end(client: Client, days: int, tone: str) -> None:
    sign_in(client, "Administrator")
    make(1)
    Grant.objects.update(refresh_expires_at=timezone.now() + timedelta(days=days, hours=1))
    page = client.get(reverse("admin:connectors_grant_change", args=[Grant.objects.get().pk]))
    assert page.context.get("ends") == (f"in {days} days" if tone else None)
    assert (f'class="kza-note {tone}"' in page.content.decode()) is bool(tone)


@pytest.mark.django_db
def test_renaming_a_grant_does_not_write_back_a_token_that_was_renewed_meanwhile() -> None:
    make(1)
    grant = Grant.objects.get()
    form = modelform_factory(Grant, fields=["name", "kind"])({"name": "New", "kind": "user"}, instance=grant)
    assert form.is_valid()
    Grant.objects.update(refresh_token="rotated", version=7)
    admin.site.get_model_admin(Grant).save_model(RequestFactory().post("/"), grant, form, change=True)
    stored = Grant.objects.get()
    assert (stored.name, stored.refresh_token, stored.version) == ("New", "rotated", 7)


def changed(connector: Connector, **typed: object) -> ConnectorForm:
    stored = {name: getattr(connector, name) for name in ConnectorForm.Meta.fields}
    form = ConnectorForm(
        {**stored, "tenant": connector.tenant_id, **typed}, instance=Connector.objects.get(pk=connector.pk)
    )
    assert form.is_valid(), form.errors
    return form


def save(form: ConnectorForm) -> Connector:
    page = admin.site.get_model_admin(Connector)
    page.save_model(RequestFactory().post("/"), form.save(commit=False), form, change=True)
    return Connector.objects.get()


@pytest.mark.django_db
def test_changing_a_connector_does_not_write_back_its_health_and_its_next_sync() -> None:
    form, due = changed(make(1), batch_size=50), timezone.now()
    Connector.objects.update(health=Connector.Health.NEEDS_ATTENTION, next_sync_at=due, name="Rival's")
    stored = save(form)
    assert (stored.batch_size, stored.name) == (50, "Rival's")
    assert (stored.next_sync_at, stored.health) == (due, Connector.Health.NEEDS_ATTENTION)


@pytest.mark.django_db
def test_a_new_secret_is_stored() -> None:
    assert save(changed(make(1), new_secret="another")).application_secret == "another"

"""Getting a grant, in the browser's requests; and what bad input gets, at which field."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from kaizala_admin.connectors.models import ApiCall, Connector, Grant, Tenant
from tests.sandbox_process import SandboxProcess

BY_PIN, PASTE = "admin:connectors_grant_by_pin", "admin:connectors_grant_paste"


@pytest.fixture
def staff(db: None, client: Client) -> Client:
    user = User.objects.create_superuser("boss", password="not-used-here")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def phone(fresh_sandbox: SandboxProcess) -> str:
    """Somebody's number who has the app."""
    state = fresh_sandbox.get("/sandbox/state")
    tokens = state["connectors"][0]["refreshTokens"]
    return str(next(token["phone"] for token in tokens if token["kind"] != "group"))


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: [str(one) for one in found] for name, found in response.context["form"].errors.items()}


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_a_number_and_its_pin_become_a_grant_that_shows_what_it_reaches(
    staff: Client, connector: Connector, phone: str, fresh_sandbox: SandboxProcess
) -> None:
    typed = {"connector": connector.pk, "mobile_number": phone, "name": "Asha"}
    asked = staff.post(reverse(BY_PIN), typed)
    assert asked.context["sent_to"] == phone
    assert asked.context["form"].initial["name"] == "Asha"
    pin = fresh_sandbox.get("/sandbox/pins")[0]["pin"]
    done = staff.post(reverse(BY_PIN), {**typed, "step": "pin", "pin": pin}, follow=True)
    grant = Grant.objects.get()
    assert (grant.name, grant.mobile_number, grant.state) == ("Asha", phone, Grant.State.WORKING)
    assert grant.refresh_expires_at is not None
    assert said(done).startswith("Asha works: it reaches ")
    operations = list(ApiCall.objects.order_by("pk").values_list("operation", flat=True))
    assert operations == ["generate_pin", "get_refresh_token", "generate_access_token", "fetch_groups"]


def test_a_second_pin_for_the_same_phone_renews_its_grant(
    staff: Client, connector: Connector, phone: str, fresh_sandbox: SandboxProcess
) -> None:
    old = Grant.objects.create(
        connector=connector,
        name="Asha",
        mobile_number=phone,
        refresh_token="dead",
        state=Grant.State.REVOKED,
        state_reason="Refused.",
    )
    staff.post(reverse(BY_PIN), {"connector": connector.pk, "mobile_number": phone})
    pin = fresh_sandbox.get("/sandbox/pins")[0]["pin"]
    typed = {"connector": connector.pk, "mobile_number": phone, "step": "pin", "pin": pin}
    staff.post(reverse(BY_PIN), typed)
    grant = Grant.objects.get()
    assert (grant.pk, grant.name, grant.state, grant.state_reason) == (
        old.pk,
        "Asha",
        Grant.State.WORKING,
        "",
    )
    assert grant.version > old.version


@pytest.mark.parametrize("typed", ["hello", "12", "+91 1", "९", ""])
def test_what_is_no_phone_number_is_said_at_the_number(
    staff: Client, connector: Connector, typed: str
) -> None:
    answer = staff.post(reverse(BY_PIN), {"connector": connector.pk, "mobile_number": typed, "name": "Asha"})
    assert list(errors(answer)) == ["mobile_number"]
    if typed:
        assert errors(answer)["mobile_number"] == [
            "This is no phone number. Write it with its country code, for example +91 98765 43210."
        ]
    assert answer.context["form"]["name"].value() == "Asha"
    assert ApiCall.objects.count() == 0


def test_a_number_without_country_code_belongs_to_the_tenants_country(
    staff: Client, connector: Connector, phone: str
) -> None:
    connector.tenant.default_region = "KE"
    connector.tenant.save()
    answer = staff.post(reverse(BY_PIN), {"connector": connector.pk, "mobile_number": "0712 345678"})
    assert list(errors(answer)) == ["mobile_number"]
    assert "+2547******78" in ApiCall.objects.get().request or "+25******78" in ApiCall.objects.get().request


def test_a_number_that_kaizala_does_not_know_is_said_at_the_number(
    staff: Client, connector: Connector
) -> None:
    answer = staff.post(reverse(BY_PIN), {"connector": connector.pk, "mobile_number": "+447700900123"})
    assert errors(answer) == {
        "mobile_number": [
            "No PIN was sent to this number. Kaizala said no: The mobile number belongs to no Kaizala user."
        ]
    }


def test_a_wrong_pin_is_said_at_the_pin_and_nothing_is_lost(
    staff: Client, connector: Connector, phone: str, fresh_sandbox: SandboxProcess
) -> None:
    typed = {"connector": connector.pk, "mobile_number": phone, "name": "Asha"}
    staff.post(reverse(BY_PIN), typed)
    pin = fresh_sandbox.get("/sandbox/pins")[0]["pin"]
    wrong = f"{(int(pin) + 1) % 10_000:04d}"
    answer = staff.post(reverse(BY_PIN), {**typed, "step": "pin", "pin": wrong})
    assert errors(answer) == {
        "pin": [
            "Kaizala does not accept this PIN: it is wrong, used, or too old. Check it, or ask for another."
        ]
    }
    assert answer.context["form"]["mobile_number"].value() == phone
    assert answer.context["form"]["name"].value() == "Asha"
    assert Grant.objects.count() == 0
    staff.post(reverse(BY_PIN), {**typed, "step": "pin", "pin": pin})
    assert Grant.objects.count() == 1


@pytest.mark.parametrize("pin", ["12", "abcd", "1234567", ""])
def test_what_is_no_pin_is_said_at_the_pin_without_a_call(
    staff: Client, connector: Connector, phone: str, pin: str
) -> None:
    typed = {"connector": connector.pk, "mobile_number": phone, "step": "pin", "pin": pin}
    assert list(errors(staff.post(reverse(BY_PIN), typed))) == ["pin"]
    assert ApiCall.objects.count() == 0


def test_an_endpoint_that_does_not_answer_is_said_on_the_form(
    staff: Client, connector: Connector, phone: str
) -> None:
    Connector.objects.update(api_root="http://127.0.0.1:9")
    answer = staff.post(reverse(BY_PIN), {"connector": connector.pk, "mobile_number": phone})
    [text] = errors(answer)["__all__"]
    assert text.startswith("http://127.0.0.1:9 does not answer (")
    assert text.endswith("Check the connector's API root, or try again later.")
    assert answer.context["form"]["mobile_number"].value() == phone


def test_a_wrong_secret_is_said_at_the_connector(
    staff: Client, connector: Connector, tenant_token: str
) -> None:
    connector.application_secret = "WRONGWRONG"
    connector.save()
    typed = {"connector": connector.pk, "name": "All", "kind": "tenant", "token": tenant_token}
    assert errors(staff.post(reverse(PASTE), typed)) == {
        "connector": [
            "Kaizala does not accept this connector's application ID and secret. Correct them first."
        ]
    }


def test_throttling_is_said_with_its_seconds_and_pauses_the_connector(
    staff: Client, connector: Connector, phone: str, fresh_sandbox: SandboxProcess
) -> None:
    from kaizala_admin.connectors import limiter

    fresh_sandbox.post("/sandbox/faults", operation="generate_pin", kind="throttle", retryAfter=17, times=1)
    answer = staff.post(reverse(BY_PIN), {"connector": connector.pk, "mobile_number": phone})
    assert errors(answer)["__all__"] == [
        "Kaizala asks us to wait 17 seconds: the calls of this minute are used up."
    ]
    assert 15 < limiter.take(connector.pk).wait <= 17


def test_a_pasted_token_is_tried_and_stored_with_its_expiry(
    staff: Client, connector: Connector, tenant_token: str
) -> None:
    broken = tenant_token[:20] + "\n  " + tenant_token[20:] + "\n"
    typed = {"connector": connector.pk, "name": "All", "kind": "tenant", "token": broken}
    done = staff.post(reverse(PASTE), typed, follow=True)
    grant = Grant.objects.get()
    assert grant.refresh_token == tenant_token
    assert grant.access_token != ""
    assert grant.refresh_expires_at is not None
    assert said(done).startswith("All works: it reaches ")
    assert tenant_token not in done.content.decode()
    assert grant.access_token not in done.content.decode()


def test_a_revoked_token_is_refused_at_the_token_and_not_stored(staff: Client, connector: Connector) -> None:
    typed = {"connector": connector.pk, "name": "All", "kind": "tenant", "token": "not.a.token"}
    answer = staff.post(reverse(PASTE), typed)
    assert errors(answer) == {
        "token": [
            "Kaizala does not accept this token: it is revoked, too old, or another connector's. "
            "Nothing was stored."
        ]
    }
    assert answer.context["form"]["name"].value() == "All"
    assert Grant.objects.count() == 0


def test_a_token_with_strange_letters_is_refused_without_a_call(staff: Client, connector: Connector) -> None:
    typed = {"connector": connector.pk, "name": "All", "kind": "user", "token": "токен"}
    assert list(errors(staff.post(reverse(PASTE), typed))) == ["token"]
    assert ApiCall.objects.count() == 0


def test_a_new_token_for_a_revoked_grant_brings_it_back(
    staff: Client, connector: Connector, tenant_token: str
) -> None:
    grant = Grant.objects.create(
        connector=connector, name="All", refresh_token="dead", state=Grant.State.REVOKED, state_reason="Gone."
    )
    page = staff.get(reverse(PASTE), {"grant": grant.pk})
    assert page.context["form"].initial["name"] == "All"
    typed = {
        "connector": connector.pk,
        "grant": grant.pk,
        "name": "All",
        "kind": "tenant",
        "token": tenant_token,
    }
    staff.post(reverse(PASTE), typed)
    renewed = Grant.objects.get()
    assert (renewed.pk, renewed.state, renewed.refresh_token) == (grant.pk, Grant.State.WORKING, tenant_token)


def test_without_a_connector_the_wizard_says_what_to_do_first(staff: Client) -> None:
    page = staff.get(reverse(BY_PIN)).content.decode()
    assert "Add a connector" in page
    assert reverse("admin:connectors_connector_add") in page


def test_the_test_button_shows_what_each_grant_reaches_and_why_one_does_not(
    staff: Client, connector: Connector, grant: Grant
) -> None:
    Grant.objects.create(connector=connector, name="Old one", refresh_token="dead")
    url = reverse("admin:connectors_connector_test", args=[connector.pk])
    assert ApiCall.objects.count() == 0
    assert staff.get(url).status_code == 200
    assert ApiCall.objects.count() == 0
    answer = staff.post(url)
    (_, works, _), (_, broken, why) = answer.context["lines"]
    assert len(works.groups) > 5
    assert broken is None
    assert why.startswith("Kaizala refused the token of Old one: ")
    assert why in answer.content.decode().replace("&#x27;", "'")


def form_of(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    return {
        "tenant": tenant.pk,
        "name": "Main",
        "is_active": "on",
        "api_root": "https://api.kaiza.la",
        "application_id": "an-id",
        "new_secret": "SECRETWXYZ",
        "allowed_hosts": "",
        "calls_per_minute": 100,
        "batch_size": 30,
        "sync_every": 360,
        **changes,
    }


@pytest.mark.parametrize(
    "root", ["http://api.kaiza.la", "ftp://api.kaiza.la", "api.kaiza.la", "https://", "x y"]
)
def test_an_api_root_is_https_or_refused_at_its_field(staff: Client, db: None, root: str) -> None:
    tenant = Tenant.objects.create(name="Harvest")
    answer = staff.post(reverse("admin:connectors_connector_add"), form_of(tenant, api_root=root))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["api_root"]
    assert answer.context["adminform"].form["application_id"].value() == "an-id"
    assert Connector.objects.count() == 0


@pytest.mark.parametrize(
    ("root", "kept"),
    [
        ("https://api.kaiza.la/v1/", "https://api.kaiza.la"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_an_api_root_is_kept_in_its_shortest_form(staff: Client, db: None, root: str, kept: str) -> None:
    tenant = Tenant.objects.create(name="Harvest")
    staff.post(reverse("admin:connectors_connector_add"), form_of(tenant, api_root=root))
    assert Connector.objects.get().api_root == kept


def test_the_secret_goes_in_and_only_its_end_comes_out(staff: Client, db: None) -> None:
    tenant = Tenant.objects.create(name="Harvest")
    done = staff.post(reverse("admin:connectors_connector_add"), form_of(tenant), follow=True)
    connector = Connector.objects.get()
    assert connector.application_secret == "SECRETWXYZ"
    page = done.content.decode()
    assert "SECRETWXYZ" not in page
    assert "it ends in WXYZ" in page
    url = reverse("admin:connectors_connector_change", args=[connector.pk])
    staff.post(url, form_of(tenant, new_secret="", name="Renamed"))
    kept = Connector.objects.get()
    assert (kept.name, kept.application_secret) == ("Renamed", "SECRETWXYZ")


def test_a_new_api_root_voids_what_the_old_one_sold(
    staff: Client, connector: Connector, grant: Grant
) -> None:
    Grant.objects.update(access_token="bought", endpoint_url="https://old.example")
    url = reverse("admin:connectors_connector_change", args=[connector.pk])
    changes = {
        "application_id": connector.application_id,
        "new_secret": "",
        "api_root": "https://api.kaiza.la",
    }
    assert staff.post(url, form_of(connector.tenant, **changes)).status_code == 302
    stored = Grant.objects.get()
    assert (stored.access_token, stored.endpoint_url) == ("", "")


@pytest.mark.parametrize(
    ("field", "value"), [("default_region", "XX"), ("time_zone", "Mars/Base"), ("calls_per_minute", "0")]
)
def test_a_wrong_word_about_a_tenant_is_said_at_its_field(staff: Client, field: str, value: str) -> None:
    good = {
        "name": "Harvest",
        "calls_per_minute": 300,
        "default_region": "in",
        "time_zone": "Asia/Kolkata",
        "many_people": 1000,
        "growth_percent": 10,
        "pause_after_failures": 20,
    }
    answer = staff.post(reverse("admin:connectors_tenant_add"), {**good, field: value})
    assert list(answer.context["adminform"].form.errors) == [field]
    staff.post(reverse("admin:connectors_tenant_add"), good)
    assert Tenant.objects.get().default_region == "IN"

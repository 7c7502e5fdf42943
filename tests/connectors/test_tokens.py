"""Access tokens: one refresher, rotation stored before use, refusals said in words (reliability 1.7)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from kaizala_admin.connectors import instance, leases, services
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.connectors.tokens import (
    ConnectorRefused,
    TokenRefused,
    TokenUnavailable,
    ensure_access,
    refusal_of,
)
from kaizala_admin.kaizala import ExpiredToken, HostNotAllowed, NotSent, Refused
from tests.sandbox_process import SandboxProcess

from .conftest import token_calls

DAY = 86_400


def test_the_first_client_gets_a_token_and_reaches_the_groups(grant: Grant, sandbox: SandboxProcess) -> None:
    assert client_for(grant).fetch_groups()
    stored = Grant.objects.get(pk=grant.pk)
    assert stored.access_token == grant.access_token != ""
    assert stored.endpoint_url == sandbox.url
    client_for(stored).fetch_groups()
    assert token_calls(sandbox) == 1


def test_kaizalas_own_words_end_with_one_full_stop(grant: Grant) -> None:
    for words in ("Token unknown", "Token unknown.", "Token unknown!"):
        refusal = refusal_of(grant, Refused(words, code="InvalidToken", status=401))
        assert f"{grant.name}: Token unknown. Get a new token" in refusal.message


def test_a_null_refresh_token_keeps_the_old_one(grant: Grant, tenant_token: str) -> None:
    ensure_access(grant)
    stored = Grant.objects.get(pk=grant.pk)
    assert stored.refresh_token == tenant_token
    assert stored.previous_refresh_token == ""


def test_a_rotated_token_is_stored_with_its_predecessor(
    grant: Grant, tenant_token: str, sandbox: SandboxProcess
) -> None:
    sandbox.post("/sandbox/clock", advanceSeconds=330 * DAY)
    ensure_access(grant)
    stored = Grant.objects.get(pk=grant.pk)
    assert stored.refresh_token not in ("", tenant_token)
    assert stored.previous_refresh_token == tenant_token
    assert stored.refresh_expires_at is not None
    assert stored.refresh_expires_at - timezone.now() > timedelta(days=364)


def test_the_predecessor_goes_when_the_new_token_has_worked(grant: Grant, sandbox: SandboxProcess) -> None:
    sandbox.post("/sandbox/clock", advanceSeconds=330 * DAY)
    ensure_access(grant)
    rotated = grant.refresh_token
    expire(grant)
    ensure_access(grant)
    stored = Grant.objects.get(pk=grant.pk)
    assert (stored.refresh_token, stored.previous_refresh_token) == (rotated, "")


def test_a_rotated_token_survives_an_endpoint_that_is_not_allowed(
    grant: Grant, tenant_token: str, sandbox: SandboxProcess
) -> None:
    sandbox.post("/sandbox/clock", advanceSeconds=330 * DAY)
    sandbox.post(
        "/sandbox/faults", operation="generate_access_token", kind="moved", location="https://evil.example/"
    )
    with pytest.raises(HostNotAllowed):
        ensure_access(grant)
    assert Grant.objects.get(pk=grant.pk).refresh_token in (tenant_token, grant.refresh_token)
    sandbox.delete("/sandbox/faults")
    ensure_access(Grant.objects.get(pk=grant.pk))


def test_when_the_new_token_is_refused_the_previous_one_is_tried_once(
    grant: Grant, tenant_token: str, sandbox: SandboxProcess
) -> None:
    Grant.objects.filter(pk=grant.pk).update(refresh_token="never-valid", previous_refresh_token=tenant_token)
    grant.refresh_from_db()
    ensure_access(grant)
    stored = Grant.objects.get(pk=grant.pk)
    assert (stored.refresh_token, stored.previous_refresh_token) == (tenant_token, "")
    assert stored.state == Grant.State.WORKING
    assert token_calls(sandbox) == 2


def test_when_both_are_refused_the_grant_is_revoked_and_the_connector_says_why(
    grant: Grant, sandbox: SandboxProcess
) -> None:
    Grant.objects.filter(pk=grant.pk).update(refresh_token="never-valid", previous_refresh_token="nor-this")
    grant.refresh_from_db()
    with pytest.raises(TokenRefused) as refusal:
        ensure_access(grant)
    stored = Grant.objects.select_related("connector").get(pk=grant.pk)
    assert stored.state == Grant.State.REVOKED
    assert stored.connector.health == Connector.Health.NEEDS_ATTENTION
    assert stored.connector.health_reason == stored.state_reason == refusal.value.message
    assert refusal.value.message.startswith("Kaizala refused the token of Everything: ")
    assert refusal.value.message.endswith("Get a new token for it.")
    assert token_calls(sandbox) == 2


def test_a_revoked_grant_is_not_tried_again_by_itself(grant: Grant, sandbox: SandboxProcess) -> None:
    Grant.objects.filter(pk=grant.pk).update(state=Grant.State.REVOKED, state_reason="Gone.")
    with pytest.raises(TokenRefused, match=r"^Gone\.$"):
        ensure_access(grant)
    assert token_calls(sandbox) == 0


def test_a_wrong_secret_is_the_connectors_fault_and_revokes_no_grant(grant: Grant) -> None:
    grant.connector.application_secret = "WRONGWRONG"
    with pytest.raises(ConnectorRefused, match="application ID and secret"):
        ensure_access(grant)
    stored = Grant.objects.select_related("connector").get(pk=grant.pk)
    assert stored.state == Grant.State.WORKING
    assert stored.connector.health == Connector.Health.NEEDS_ATTENTION


def test_an_endpoint_that_does_not_answer_revokes_nothing(grant: Grant) -> None:
    grant.connector.api_root = "http://127.0.0.1:9"
    with pytest.raises(NotSent):
        ensure_access(grant)
    assert Grant.objects.get(pk=grant.pk).state == Grant.State.WORKING


def test_a_server_error_at_the_token_call_is_harmless_and_may_be_tried_again(
    grant: Grant, sandbox: SandboxProcess
) -> None:
    sandbox.post(
        "/sandbox/faults", operation="generate_access_token", kind="error-before", status=503, times=1
    )
    with pytest.raises(TokenUnavailable):
        ensure_access(grant)
    ensure_access(grant)


def test_a_token_pasted_while_a_refresh_is_under_way_wins(grant: Grant) -> None:
    from kaizala_admin.connectors import tokens

    Grant.objects.filter(pk=grant.pk).update(refresh_token="pasted", version=grant.version + 1)
    assert tokens._write(grant, {"refresh_token": "late"}) is False
    assert Grant.objects.get(pk=grant.pk).refresh_token == "pasted"


def test_while_one_renews_the_others_go_on_with_the_token_that_still_works(
    grant: Grant, sandbox: SandboxProcess
) -> None:
    ensure_access(grant)
    bought = timezone.now() - timedelta(hours=23)
    Grant.objects.filter(pk=grant.pk).update(
        refreshed_at=bought, access_expires_at=timezone.now() + timedelta(hours=1)
    )
    grant.refresh_from_db()
    leases.acquire(f"token:{grant.pk}", "another", timedelta(seconds=60))
    assert ensure_access(grant).access_token
    assert token_calls(sandbox) == 1


def test_a_token_that_is_refused_right_after_it_was_bought_is_not_bought_again_at_once(grant: Grant) -> None:
    ensure_access(grant)
    with pytest.raises(TokenUnavailable):
        ensure_access(grant, force=True)


@pytest.mark.django_db(transaction=True)
def test_fifty_workers_that_meet_an_expired_token_make_one_refresh(
    grant: Grant, sandbox: SandboxProcess
) -> None:
    ensure_access(grant)
    old = grant.access_token
    Grant.objects.filter(pk=grant.pk).update(refreshed_at=timezone.now() - timedelta(hours=1))
    sandbox.post("/sandbox/clock", advanceSeconds=2 * DAY)
    sandbox.delete("/sandbox/calls")
    start = threading.Barrier(50)
    results: list[str] = []

    def work() -> None:
        try:
            mine = Grant.objects.select_related("connector").get(pk=grant.pk)
            start.wait()
            with pytest.raises(ExpiredToken):
                client_for(mine).fetch_group("nobody")
            results.append(ensure_access(mine, force=True).access_token)
        except Exception as error:  # noqa: BLE001
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 50
    assert set(results) == {Grant.objects.get(pk=grant.pk).access_token}
    assert token_calls(sandbox) == 1
    assert old not in results


def expire(grant: Grant) -> None:
    past = timezone.now() - timedelta(hours=1)
    Grant.objects.filter(pk=grant.pk).update(access_expires_at=past, refreshed_at=past - timedelta(days=1))
    grant.refresh_from_db()


def test_a_held_console_takes_nobodys_token_away(grant: Grant, sandbox: SandboxProcess) -> None:
    instance.hold()
    with pytest.raises(instance.ThisIsHeld, match="restored or copied"):
        services.test_connection(grant)
    with pytest.raises(instance.ThisIsHeld):
        services.add_grant(grant.connector, "Another", grant.refresh_token)
    with pytest.raises(instance.ThisIsHeld):
        services.begin_pin(grant.connector, "+919800000001")
    assert sandbox.get("/sandbox/calls")["total"] == 0


def test_a_held_console_may_be_tested_with_the_token_that_it_has(grant: Grant) -> None:
    ensure_access(grant)
    instance.hold()
    assert services.test_connection(grant).groups

"""Leases, signs of life, the call log, warnings, and what the bells do."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kaizala_admin.connectors import call_log, heartbeats, leases, services, tasks
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import ApiCall, Connector, Grant, Heartbeat, Lease
from kaizala_admin.connectors.signs import sign_of
from tests.sandbox_process import SandboxProcess

from .conftest import token_calls

TTL = timedelta(seconds=30)


@pytest.mark.django_db
def test_a_lease_has_one_owner_and_its_fence_grows() -> None:
    assert leases.acquire("dispatcher", "one", TTL) == 1
    assert leases.acquire("dispatcher", "two", TTL) is None
    assert leases.renew("dispatcher", "one", TTL) is True
    assert leases.renew("dispatcher", "two", TTL) is False
    leases.release("dispatcher", "two")
    assert leases.acquire("dispatcher", "two", TTL) is None
    leases.release("dispatcher", "one")
    assert leases.acquire("dispatcher", "two", TTL) == 2
    assert leases.renew("dispatcher", "one", TTL) is False


@pytest.mark.django_db
def test_a_lease_that_ran_out_goes_to_the_next_and_is_not_renewed() -> None:
    leases.acquire("dispatcher", "one", timedelta(seconds=-1))
    assert leases.renew("dispatcher", "one", TTL) is False
    assert Lease.objects.get().owner == "one"
    assert leases.acquire("dispatcher", "two", TTL) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_that_want_a_lease_at_once_one_gets_it() -> None:
    start, won = threading.Barrier(12), []

    def work(number: int) -> None:
        start.wait()
        fence = leases.acquire("race", f"owner {number}", TTL)
        won.extend([fence] if fence else [])
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


@pytest.mark.django_db
def test_a_process_that_falls_silent_is_found() -> None:
    heartbeats.worker_begins()
    heartbeats.beat("dispatcher")
    heartbeats.beat("dispatcher")
    mine = Heartbeat.objects.filter(name=sign_of("worker"))
    mine.update(seen_at=timezone.now() - timedelta(seconds=90))
    assert [beat.name for beat in heartbeats.silent(60)] == [sign_of("worker")]
    assert heartbeats.silent(120) == []
    heartbeats.worker_ends()
    assert not mine.exists()


@pytest.mark.django_db
def test_a_worker_shows_that_it_lives_every_few_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_shown", {})
    heartbeats.worker_lives()
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=90))
    heartbeats.worker_lives()
    assert len(heartbeats.silent(60)) == 1  # just now it wrote one
    heartbeats._shown[sign_of("worker")] -= heartbeats.EVERY
    heartbeats.worker_lives()
    assert heartbeats.silent(60) == []


@pytest.mark.django_db
def test_a_new_worker_drops_the_signs_of_those_that_died_here_and_of_long_ago() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    now = timezone.now()
    kept = {
        sign_of("worker", os.getppid()): now,
        "worker:elsewhere:7": now,
        "dispatcher": now - timedelta(days=9),
    }
    dropped = {sign_of("worker", ended.pid): now, "worker:elsewhere:8": now - timedelta(days=2)}
    for name, at in {**kept, **dropped}.items():
        Heartbeat.objects.create(name=name, seen_at=at)
    heartbeats.worker_begins()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {*kept, sign_of("worker")}


@pytest.mark.django_db(transaction=True)
def test_calls_are_logged_within_a_second_without_their_secrets(grant: Grant) -> None:
    with CaptureQueriesContext(connection) as asked:
        client_for(grant).fetch_groups()
    assert not any(ApiCall._meta.db_table in query["sql"] for query in asked)  # another thread writes it
    deadline = time.monotonic() + 20
    while ApiCall.objects.count() < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    first, second = ApiCall.objects.order_by("at")
    assert (first.operation, first.method, first.path, first.status, first.error) == (
        "generate_access_token",
        "GET",
        "/v1/accessToken",
        200,
        "",
    )
    assert (second.operation, second.grant_id) == ("fetch_groups", grant.pk)
    secrets = (grant.refresh_token, grant.access_token, grant.connector.application_secret)
    kept = "".join([first.request, first.answer, second.request, second.answer])
    assert not any(secret in kept for secret in secrets)


@pytest.mark.django_db(transaction=True)
def test_calls_of_a_connector_that_was_deleted_meanwhile_are_dropped_quietly(grant: Grant) -> None:
    client_for(grant)
    Connector.objects.all().delete()
    call_log.flush()
    assert ApiCall.objects.count() == 0


def test_old_calls_are_pruned_and_new_ones_stay(connector: Connector) -> None:
    now = timezone.now()
    ages = [0, settings.KAIZALA_API_LOG_DAYS - 1, settings.KAIZALA_API_LOG_DAYS + 1, 30]
    for days in ages:
        ApiCall.objects.create(
            connector=connector, at=now - timedelta(days=days), operation="x", method="GET", path="/", ms=1
        )
    assert tasks.prune_api_log() == 2
    assert ApiCall.objects.count() == 2


def test_tokens_are_renewed_before_they_end_and_no_sooner(grant: Grant, sandbox: SandboxProcess) -> None:
    assert tasks.refresh_tokens() == 1
    assert tasks.refresh_tokens() == 0
    now = timezone.now()
    Grant.objects.update(refreshed_at=now - timedelta(hours=20), access_expires_at=now + timedelta(hours=4))
    assert tasks.refresh_tokens() == 1
    assert token_calls(sandbox) == 2


def test_a_silent_endpoint_is_tried_once_a_round_and_the_others_go_on(
    grant: Grant, sandbox: SandboxProcess
) -> None:
    away = Connector.objects.create(
        tenant=grant.connector.tenant,
        name="Away",
        api_root="http://127.0.0.1:9",
        application_id="a",
        application_secret="s",
    )
    for number in range(3):
        Grant.objects.create(connector=away, name=f"G{number}", refresh_token="r")
    assert tasks.refresh_tokens() == 1
    assert ApiCall.objects.filter(connector=away).count() == 1


def test_grants_that_end_within_a_month_are_warned_about_the_soonest_first(grant: Grant) -> None:
    now = timezone.now()
    for days in (3, 20, 45, -1):
        Grant.objects.create(
            connector=grant.connector,
            name=f"{days} days",
            refresh_token="r",
            refresh_expires_at=now + timedelta(days=days),
        )
    assert [found.name for found in services.expiring_grants()] == ["-1 days", "3 days", "20 days"]
    assert [found.name for found in services.expiring_grants(services.URGENT_DAYS)] == ["-1 days", "3 days"]


def test_a_moved_endpoint_is_remembered(grant: Grant, sandbox: SandboxProcess) -> None:
    client = client_for(grant)
    elsewhere = sandbox.url.replace("127.0.0.1", "localhost")
    sandbox.post(
        "/sandbox/faults", operation="fetch_groups", kind="moved", location=f"{elsewhere}/v1/groups", times=1
    )
    grant.connector.allowed_hosts = elsewhere
    client = client_for(grant)
    client.fetch_groups()
    assert Grant.objects.get().endpoint_url == elsewhere


def test_a_good_call_clears_the_connectors_trouble(grant: Grant) -> None:
    services.mark_attention(grant.connector, "Something was wrong.")
    assert Connector.objects.get().health_reason == "Something was wrong."
    result = services.test_connection(grant)
    assert len(result.groups) > 5
    stored = Connector.objects.get()
    assert (stored.health, stored.health_reason) == (Connector.Health.WORKING, "")

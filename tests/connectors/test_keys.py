"""Secrets at rest: unreadable without the keys, and moved to a new key by one command."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from kaizala_admin.connectors import keys
from kaizala_admin.connectors.checks import check_stored_secrets
from kaizala_admin.connectors.fields import WrongKey
from kaizala_admin.connectors.models import Connector, Grant, Tenant

SECRETS = {"application_secret": "SECRETWXYZ", "refresh_token": "refresh-token-canary"}


@pytest.fixture
def grant(db: None) -> Grant:
    tenant = Tenant.objects.create(name="Harvest")
    connector = Connector.objects.create(
        tenant=tenant,
        name="Main",
        api_root="https://api.kaiza.la",
        application_secret=SECRETS["application_secret"],
    )
    return Grant.objects.create(connector=connector, name="All", refresh_token=SECRETS["refresh_token"])


def raw() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT application_secret FROM connectors_connector")
        found = str(cursor.fetchall())
        cursor.execute("SELECT refresh_token, access_token FROM connectors_grant")
        return found + str(cursor.fetchall())


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def test_the_database_holds_no_plain_secret(grant: Grant) -> None:
    assert all(secret not in raw() for secret in SECRETS.values())
    assert Grant.objects.get().refresh_token == SECRETS["refresh_token"]


def test_rotation_writes_everything_under_the_new_key_and_then_the_old_one_may_go(
    grant: Grant, settings: Settings
) -> None:
    old, new = settings.KAIZALA_FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.KAIZALA_FIELD_KEYS = [new, old]
    with pytest.raises(CommandError, match="Keep the older keys"):
        rotate("--check")
    assert "Encrypted anew: 2\nNot on the newest key: 0\n" in rotate()
    assert "Encrypted anew: 0\n" in rotate()
    settings.KAIZALA_FIELD_KEYS = [new]
    assert Grant.objects.get().refresh_token == SECRETS["refresh_token"]
    assert Connector.objects.get().application_secret == SECRETS["application_secret"]


def test_more_rows_than_a_batch_are_all_rotated(
    grant: Grant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Grant.objects.bulk_create(
        [Grant(connector=grant.connector, name=f"G{n}", refresh_token=f"token-{n}") for n in range(7)]
    )
    monkeypatch.setattr(keys, "BATCH", 3)
    settings.KAIZALA_FIELD_KEYS = [Fernet.generate_key().decode(), *settings.KAIZALA_FIELD_KEYS]
    assert keys.rotate() == keys.Count(rewritten=9, older=0, unreadable=0)


def test_a_lost_key_is_said_without_the_ciphertext(grant: Grant, settings: Settings) -> None:
    settings.KAIZALA_FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(WrongKey, match="cannot be read") as error:
        Grant.objects.get()
    assert "gAAAA" not in str(error.value)
    with pytest.raises(CommandError, match="Put the key that wrote them back"):
        rotate()
    [message] = check_stored_secrets(databases=["default"])
    assert message.msg == "2 stored secrets cannot be read with the keys in KAIZALA_FIELD_KEYS."


def test_rotation_does_not_undo_a_change_made_meanwhile(grant: Grant, settings: Settings) -> None:
    settings.KAIZALA_FIELD_KEYS = [Fernet.generate_key().decode(), *settings.KAIZALA_FIELD_KEYS]
    column = next(column for column in keys._columns() if column.name == "refresh_token")
    [(pk, stored)] = list(keys._stored(column))
    Grant.objects.update(refresh_token="written by a rival")
    assert keys._rewrite(column, pk, stored) == 0
    assert Grant.objects.get().refresh_token == "written by a rival"

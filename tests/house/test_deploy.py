"""The settings as production starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def production(tmp_path: Path, **changes: str | None) -> dict[str, str]:
    """The environment that docs/operating.md asks for, and nothing else of ours."""
    values: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "kaizala_admin.settings",
        "SECRET_KEY": "3x" * 40 + "abcdefghij-KLMNOP",
        "KAIZALA_FIELD_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "console.example.org",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'check.sqlite3'}",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "KAIZALA_PUBLIC_URL": "https://console.example.org",
        "KAIZALA_VAR_DIR": str(tmp_path),
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def manage(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "manage.py", *words]
    return subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_the_deployment_check_has_nothing_to_say(tmp_path: Path) -> None:
    done = manage(production(tmp_path), "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("name", ["SECRET_KEY", "KAIZALA_FIELD_KEYS"])
def test_a_missing_secret_stops_the_start(tmp_path: Path, name: str) -> None:
    done = manage(production(tmp_path, **{name: None}), "check")
    assert done.returncode != 0
    assert f"Set the {name} environment variable" in done.stderr


@pytest.mark.parametrize(
    ("sandbox", "more"), [(None, []), ("http://127.0.0.1:8001", ["http://127.0.0.1:8001"])]
)
def test_pictures_come_over_tls_or_from_our_own_sandbox(
    tmp_path: Path, sandbox: str | None, more: list[str]
) -> None:
    told = (
        "from django.conf import settings as s; print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'][1:])"
    )
    done = manage(production(tmp_path, KAIZALA_SANDBOX_URL=sandbox), "shell", "--no-imports", "-c", told)
    assert done.stdout.strip() == str(["data:", "https:", *more])


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

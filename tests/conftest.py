"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import settings as hypothesis_settings

from tests.sandbox_process import SandboxProcess

# An example may take as long as a busy machine needs; with CI set, Hypothesis picks the same ones each time.
hypothesis_settings.register_profile("patient", hypothesis_settings(deadline=None))
hypothesis_settings.load_profile("patient")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One small sandbox for the whole run; a test that needs a clean one posts to /sandbox/reset."""
    with SandboxProcess(tmp_path_factory.mktemp("sandbox"), people=300, no_answers=True) as process:
        yield process


@pytest.fixture(scope="session", autouse=True)
def plain_static_files(django_test_environment: None) -> Iterator[None]:
    """Pages under test find their static files where they lie; nobody has to collect them first."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        WHITENOISE_AUTOREFRESH=True,
        WHITENOISE_USE_FINDERS=True,
        STORAGES={**settings.STORAGES, "staticfiles": plain},
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: one in memory locks whole tables as soon as threads meet, which no real one does."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and not database.get("TEST", {}).get("NAME"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """Argon2 costs each user of a test a twentieth of a second. Other processes know none but it."""
    if any(request.node.get_closest_marker(name) for name in ("flow", "browser")):
        yield
        return
    cheap = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[cheap, *settings.PASSWORD_HASHERS]):
        yield

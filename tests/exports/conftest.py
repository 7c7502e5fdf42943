"""A kind of export of the tests' own, and files in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kaizala_admin import exports
from kaizala_admin.exports import kinds, services, work
from kaizala_admin.exports.models import Export

KIND = "tests.people"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.EXPORTS_DIR = str(tmp_path / "exports")
    return tmp_path / "exports"


@pytest.fixture(autouse=True)
def people() -> Iterator[None]:
    """`parameters` = {"rows": [[name, number, age], ...]}."""

    def rows(parameters: Mapping[str, Any]) -> Any:
        if "rows" not in parameters:
            raise exports.BadParameters("Nobody was named.")
        return iter(parameters["rows"])

    exports.register(
        KIND,
        "people",
        "groups.view_member",
        (
            exports.text("name", "name"),
            exports.phone("number", "mobile number"),
            exports.number("age", "age"),
        ),
        rows,
        lambda parameters: len(parameters.get("rows", [])),
    )
    yield
    kinds._KINDS.pop(KIND)


def ask(*rows: Any, file_format: str = "csv", by: User | None = None) -> Export:
    return services.start(kind=KIND, parameters={"rows": rows}, file_format=file_format, by=by)


def made(export: Export) -> Export:
    work.run(export.pk)
    return Export.objects.get(pk=export.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client

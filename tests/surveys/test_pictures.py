"""Pictures as a ZIP and places as GeoJSON, made in the background; pictures come over real HTTP."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kaizala_admin.connectors.models import Connector
from kaizala_admin.exports import services as exports
from kaizala_admin.exports import work
from kaizala_admin.exports.models import Export
from surveys import exporting
from surveys.exporting import zipping
from surveys.models import Action, Response
from tests.sandbox_process import SandboxProcess

from .test_exporting import KINDS, PEOPLE
from .test_results import make

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG"


def made(action: Action, file_format: str, folder: Path, settings: Any, **more: Any) -> Export:
    settings.EXPORTS_DIR = folder
    parameters = {"action": action.pk, **more}
    export = exports.start(
        kind=exporting.KINDS[file_format], parameters=parameters, file_format=file_format, by=None
    )
    assert work.run(export.pk) is True
    return Export.objects.get(pk=export.pk)


@pytest.fixture
def action(db: None, sandbox: SandboxProcess) -> Action:
    photo = f"{sandbox.url}/media/sample/photo.png?se=2291"
    people: list[list[Any]] = [
        ["Good", [{"mediaUrl": photo, "mediaFileName": "../Well north.JPG"}]],
        ["Good", None],
        [
            "Poor",
            [
                {"mediaUrl": photo.replace("photo.png", "photo.png?a=1&amp;b=2"), "mediaFileName": "b.jpg"},
                {"mediaUrl": "http://169.254.169.254/latest", "mediaFileName": "c.jpg"},
                {"mediaUrl": f"{sandbox.url}/media/nothing/gone.jpg", "mediaFileName": "d.jpg"},
                {"mediaUrl": "https://a..kaiza.la/e.jpg", "mediaFileName": "e.jpg"},
            ],
        ],
    ]
    found, _questions, _instances = make(["SingleOption", "Image"], people)
    Connector.objects.create(
        tenant=found.tenant, name="Here", api_root=sandbox.url, application_id="any", application_secret="any"
    )
    return found


def test_pictures_are_fetched_into_a_zip_that_lists_what_is_missing(
    action: Action, settings: Any, tmp_path: Path
) -> None:
    export = made(action, "zip", tmp_path, settings)
    assert (export.state, export.rows_done, export.rows_expected) == ("done", 2, 2)
    first, last = Response.objects.filter(answers__has_key="q1").order_by("pk")
    with zipfile.ZipFile(tmp_path / export.file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            f"q2/{first.pk}-1 Well north.jpg",
            f"q2/{last.pk}-1 b.jpg",
            "files.csv",
        ]
        assert archive.read(f"q2/{first.pk}-1 Well north.jpg").startswith(PNG)
        rows = list(csv.reader(io.StringIO(archive.read("files.csv").decode("utf-8-sig"))))
    assert [row[-1] for row in rows[1:]] == [
        "",
        "",
        "It lies at 169.254.169.254, which no connector allows.",
        "Its place answered 404.",
        "Its place did not answer.",
    ]
    assert rows[1][1:-1] == [str(first.pk), "G0", "", "910", "Q1"]
    assert "se=2291" not in str(rows)


def test_filters_hold_for_pictures_and_an_anonymous_survey_names_nobody(
    action: Action, settings: Any, tmp_path: Path
) -> None:
    Action.objects.update(is_anonymous=True)
    export = made(action, "zip", tmp_path, settings, filter="answer=q0%3DGood")
    with zipfile.ZipFile(tmp_path / export.file) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("files.csv").decode("utf-8-sig"))))
        names = archive.namelist()
    pk = Response.objects.get(answers__has_key="q1", answers__q0="Good").pk
    assert names == [f"q2/{pk}-1.jpg", "files.csv"]
    assert rows[1] == [f"q2/{pk}-1.jpg", str(pk), "G0", "Q1", ""]


def test_a_survey_without_pictures_gives_a_list_of_nothing(settings: Any, tmp_path: Path) -> None:
    action, _questions, _instances = make(["SingleOption"], [["Good"]])
    export = made(action, "zip", tmp_path, settings)
    with zipfile.ZipFile(tmp_path / export.file) as archive:
        assert archive.namelist() == ["files.csv"]


def test_a_zip_of_more_than_its_old_limits_is_read_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if four gigabytes were two hundred bytes, and 65,535 entries three."""
    monkeypatch.setattr(zipping, "MOST", 200)
    monkeypatch.setattr(zipping, "MOST_ENTRIES", 2)
    path, at = tmp_path / "large.zip", datetime(2026, 5, 1, 10, 30, 4, tzinfo=UTC)
    with path.open("w+b") as file, zipping.Zip(file) as archive:
        for n in range(5):
            archive.add(f"ठीक {n}.txt", io.BytesIO(b"x" * 90), at)
    assert path.read_bytes()[-22 - 20 - 56 :].startswith(b"PK\6\6")
    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None
        assert [one.filename for one in read.infolist()] == [f"ठीक {n}.txt" for n in range(5)]
        assert {one.date_time for one in read.infolist()} == {(2026, 5, 1, 10, 30, 4)}


def test_places_are_made_into_geojson_in_the_background(settings: Any, tmp_path: Path) -> None:
    action, _questions, _instances = make(KINDS, PEOPLE)
    export = made(action, "geojson", tmp_path, settings, columns=["q0"])
    assert (export.state, export.rows_done, export.rows_expected) == ("done", 3, 3)
    found = json.loads((tmp_path / export.file).read_text())
    assert found == {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [73.86, 18.52]},
                "properties": {"q0": "Good", "question": "Q4", "place": "Pune"},
            },
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [34.77, -0.09]},
                "properties": {"q0": "Poor", "question": "Q4", "place": ""},
            },
        ],
    }

"""Settings of exports under a name: saved, used again, renamed, removed; each by whom it may be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse

from kaizala_admin.exports import work
from kaizala_admin.exports.models import Export
from surveys.models import Action, SavedExport

from .test_exporting import KINDS, PEOPLE, reader
from .test_results import make

pytestmark = pytest.mark.django_db
CHOSEN = {
    "as": "save",
    "name": "Weekly",
    "column": ["group", "q0", "q1"],
    "labels": "codes",
    "columns": "choices",
    "answer": "q0=Good",
}


@pytest.fixture
def action(db: None) -> Action:
    made, _questions, _instances = make(KINDS, PEOPLE)
    return made


def page(action: Action, saved: SavedExport | None = None) -> str:
    address = reverse("admin:surveys_action_export", args=[action.pk])
    return f"{address}?saved={saved.pk}" if saved else address


def change(client: Client, action: Action, **said: Any) -> Any:
    return client.post(reverse("admin:surveys_action_saved", args=[action.pk]), said, follow=True)


def test_settings_are_saved_shown_and_used(action: Action, settings: Any, tmp_path: Any) -> None:
    settings.EXPORTS_DIR = tmp_path
    _user, client = reader()
    client.post(page(action), CHOSEN)
    saved = SavedExport.objects.get()
    assert saved.parameters == {
        "action": action.pk,
        "codes": True,
        "by_choice": True,
        "columns": ["group", "q0", "q1"],
        "filter": "answer=q0%3DGood",
    }
    shown = client.get(page(action, saved)).context
    assert [one.key for one in shown["columns"] if one.is_chosen] == ["group", "q0", "q1"]
    assert (shown["told"]["codes"], shown["answer_value"], shown["fitting"]) == (True, "q0=Good", 1)
    asked = client.post(
        page(action), {**CHOSEN, "as": "file", "format": "jsonl", "time_zone": "Asia/Kolkata"}
    )
    export = Export.objects.get()
    assert (asked["Location"], export.time_zone) == (export.get_absolute_url(), "Asia/Kolkata")
    assert work.run(export.pk) is True
    export.refresh_from_db()
    line = {"group": "G0", "q0": "1", "q1_1": 0, "q1_2": 1, "q1_3": 0, "q1_4": 0, "q1_other": "ठीक है"}
    assert [json.loads(one) for one in (tmp_path / export.file).read_text().splitlines()] == [line]


def test_the_same_name_replaces_and_another_persons_is_left_alone(action: Action) -> None:
    _user, viewer = reader("Viewer")
    viewer.post(page(action), CHOSEN)
    viewer.post(page(action), {**CHOSEN, "column": ["q2"]})
    assert SavedExport.objects.get().parameters["columns"] == ["q2"]
    _other, operator = reader("Operator")
    operator.post(page(action), {**CHOSEN, "name": "Other", "column": ["q0"]})
    refused = viewer.post(page(action), {**CHOSEN, "name": "Other"})
    assert (refused.status_code, refused.context["problem"]) == (
        422,
        "These settings are somebody else's: save yours under another name.",
    )
    other = SavedExport.objects.get(name="Other")
    change(viewer, action, saved=other.pk, **{"as": "remove"})
    change(viewer, action, saved=other.pk, name="Mine", **{"as": "rename"})
    other.refresh_from_db()
    assert (other.name, other.parameters["columns"]) == ("Other", ["q0"])


def test_settings_are_renamed_and_removed_and_it_is_noted(action: Action) -> None:
    _user, client = reader()
    for name in ("Weekly", "Monthly"):
        client.post(page(action), {**CHOSEN, "name": name})
    saved = SavedExport.objects.get(name="Weekly")
    taken = change(client, action, saved=saved.pk, name="Monthly", **{"as": "rename"})
    assert "There are settings of this name already." in [str(one) for one in taken.context["messages"]]
    change(client, action, saved=saved.pk, name="Every week", **{"as": "rename"})
    assert set(SavedExport.objects.values_list("name", flat=True)) == {"Every week", "Monthly"}
    change(client, action, saved=saved.pk, **{"as": "remove"})
    assert list(SavedExport.objects.values_list("name", flat=True)) == ["Monthly"]
    noted = [one.changes for one in LogEntry.objects.get_for_object(action).order_by("pk")]
    assert noted[-2:] == [
        {"rename export settings": ["Weekly", "Every week"]},
        {"remove export settings": ["Every week", ""]},
    ]


def test_no_name_no_format_or_no_such_zone_is_said_and_nothing_is_lost(action: Action) -> None:
    _user, client = reader()
    for said, problem in (
        ({"name": " "}, "Give the settings a name."),
        ({"as": "file", "format": "zip"}, "Choose a format."),
        (
            {"as": "file", "format": "csv", "time_zone": "Mars/North"},
            "There is no time zone called Mars/North.",
        ),
    ):
        again = client.post(page(action), {**CHOSEN, **said})
        assert (again.status_code, again.context["problem"]) == (422, problem)
        assert [one.key for one in again.context["columns"] if one.is_chosen] == ["group", "q0", "q1"]
    assert (SavedExport.objects.count(), Export.objects.count()) == (0, 0)

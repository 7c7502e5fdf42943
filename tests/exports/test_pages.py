"""The pages: who may see and take what, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kaizala_admin import exports
from kaizala_admin.exports import services
from kaizala_admin.exports.models import Export
from kaizala_admin.ui.roles import VIEWER
from tests.house.people import person

from .conftest import KIND, ask, made, signed_in

pytestmark = pytest.mark.django_db
ASHA = ("Asha", "+919812345678", 30)


@pytest.fixture
def viewer() -> User:
    return person(VIEWER)


@pytest.fixture
def client(viewer: User) -> Client:
    return signed_in(viewer)


def page(name: str, export: Export) -> str:
    return reverse(f"admin:exports_export_{name}", args=[export.pk])


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_file_comes_as_an_attachment_under_a_name_that_tells(client: Client, viewer: User) -> None:
    done = made(ask(ASHA, by=viewer))
    answer = client.get(page("download", done))
    assert content(answer).startswith(b'\xef\xbb\xbf"Name"')
    assert {name: answer[name] for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")} == {
        "Content-Type": "text/csv; charset=utf-8",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    expected = f'attachment; filename="tests-people-{done.created_at:%Y-%m-%d}-{done.pk}.csv"'
    assert answer["Content-Disposition"] == expected


def test_who_took_a_file_is_noted(client: Client, viewer: User) -> None:
    done = made(ask(ASHA))
    content(client.get(page("download", done)))
    entry = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert (entry.actor, entry.object_id, entry.object_repr) == (viewer, done.pk, f"people #{done.pk}")


@pytest.mark.parametrize("name", ["progress", "download", "cancel", "again"])
def test_who_may_not_see_the_rows_may_not_see_their_export(client: Client, name: str) -> None:
    exports.register(KIND, "people", "connectors.view_apicall", (exports.text("n", "n"),), lambda p: [["x"]])
    done = made(ask())
    ways = [client.get] if name in ("progress", "download") else [client.post]
    assert [way(page(name, done)).status_code for way in ways] == [403]
    assert client.get(reverse("admin:exports_export_new"), {"kind": KIND}).status_code == 403
    listed = client.get(reverse("admin:exports_export_changelist"))
    assert listed.context["cl"].result_count == 0


def test_where_a_csv_file_is_offered_the_page_says_what_excel_makes_of_it(client: Client) -> None:
    assert "For Excel choose XLSX" in client.get(exports.new_url(KIND, {"rows": [ASHA]})).content.decode()


def test_the_page_says_how_many_rows_and_starts_what_was_chosen(client: Client, viewer: User) -> None:
    url = exports.new_url(KIND, {"rows": [ASHA, ASHA]}, "People: 2 chosen")
    assert "2 rows, as things are now." in client.get(url).content.decode()
    answer = client.post(url, {"format": "xlsx", "time_zone": "Asia/Kolkata"})
    export = Export.objects.get()
    assert answer["Location"] == page("progress", export)
    assert (export.title, export.format, export.time_zone, export.created_by) == (
        "People: 2 chosen",
        "xlsx",
        "Asia/Kolkata",
        viewer,
    )
    assert export.parameters == {"rows": [list(ASHA), list(ASHA)]}


@pytest.mark.parametrize(
    "data", [{"format": "pdf"}, {"format": ""}, {"format": "csv", "time_zone": "Nowhere/Town"}]
)
def test_what_cannot_be_is_refused_in_words(client: Client, data: dict[str, str]) -> None:
    answer = client.post(exports.new_url(KIND, {"rows": []}), data, follow=True)
    assert len(list(answer.context["messages"])) == 1
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    "query", ["", "?kind=no.such", f"?kind={KIND}&parameters=[]", f"?kind={KIND}&parameters={{"]
)
def test_an_address_that_names_nothing_is_not_found(client: Client, query: str) -> None:
    assert client.get(reverse("admin:exports_export_new") + query).status_code == 404


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "It waits for a worker."),
        ("running", "You may leave this page"),
        ("failed", "No room left."),
        ("cancelled", "What had been written was thrown away."),
        ("expired", "Its time is over"),
    ],
)
def test_the_progress_page_says_how_it_stands(client: Client, state: str, words: str) -> None:
    export = ask(ASHA)
    Export.objects.update(state=state, detail="No room left.")
    shown = client.get(page("progress", export)).content.decode()
    assert words in shown
    assert ("every 2s" in shown) == (state in ("queued", "running"))


def test_only_the_moving_part_is_sent_when_the_page_asks(client: Client) -> None:
    export = ask(ASHA)
    part = client.get(page("progress", export), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="export-progress"')


def test_a_ready_export_offers_its_file_and_says_when_it_is_gone(client: Client, folder: Path) -> None:
    done = made(ask(ASHA))
    assert page("download", done) in client.get(page("progress", done)).content.decode()
    (folder / done.file).unlink()
    assert "The file is not on this machine." in client.get(page("progress", done)).content.decode()
    assert client.get(page("download", done)).status_code == 404


def test_a_file_that_is_not_ready_is_not_handed_out(client: Client) -> None:
    export = ask(ASHA)
    assert client.get(page("download", export))["Location"] == page("progress", export)


def test_cancelling_too_late_is_said(client: Client) -> None:
    done = made(ask(ASHA))
    answer = client.post(page("cancel", done), follow=True)
    assert [str(one) for one in answer.context["messages"]] == ["It was over already; nothing was cancelled."]


def test_the_same_can_be_made_again(client: Client, viewer: User) -> None:
    old = made(ask(ASHA))
    services.cancel(old)
    client.post(page("again", old))
    fresh = Export.objects.latest("pk")
    assert (fresh.parameters, fresh.format, fresh.state, fresh.created_by) == (
        old.parameters,
        "csv",
        "queued",
        viewer,
    )


def test_the_history_costs_as_many_queries_for_three_rows_as_for_one(client: Client, viewer: User) -> None:
    path = reverse("admin:exports_export_changelist")
    made(ask(ASHA, by=viewer))
    client.get(path)
    with CaptureQueriesContext(connection) as one:
        client.get(path)
    for _ in range(2):
        made(ask(ASHA, by=person("", email=f"{_}@example.org") if _ else viewer))
    with CaptureQueriesContext(connection) as three:
        shown = client.get(path)
    assert (shown.context["cl"].result_count, len(three)) == (3, len(one))

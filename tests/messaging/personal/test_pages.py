"""Saved messages, and what the pages say of a personal text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kaizala_admin.connectors.models import Tenant
from messaging import kinds, services
from messaging.audience import Expression, Include, Rules
from messaging.models import Broadcast, SavedAudience
from messaging.timing.models import SavedMessage
from messaging.views.base import url
from tests.messaging.conftest import GROUPS, Org, number

from .test_sending import draft

EVIL = "<script>alert(1)</script>\u202e שלום & \u200f"
LIST = "admin:messaging_savedmessage_changelist"
ADD = "admin:messaging_savedmessage_add"


def test_a_message_is_saved_used_copied_and_thrown_away(org: Org, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("Operator")
    said = {"kind": "announcement", "headline": "Rain", "message": "Dear {name|all}", "name": "Weather"}
    assert client.post(reverse(ADD), said).status_code == 302
    row = SavedMessage.objects.get()
    assert (row.name, row.content["message"]) == ("Weather", "Dear {name|all}")
    assert client.post(reverse(ADD), said).status_code == 422  # the name is taken
    page = client.get(url("add"), {"message": str(row.pk)})
    assert page.context["kind"].key == "announcement"
    assert "Dear {name|all}" in page.content.decode()
    client.post(reverse("admin:messaging_savedmessage_copy", args=[row.pk]))
    client.post(reverse("admin:messaging_savedmessage_copy", args=[row.pk]))
    names = list(SavedMessage.objects.order_by("pk").values_list("name", flat=True))
    assert names == ["Weather", "Copy of Weather", "Copy of Weather (2)"]
    assert [o.name for o in client.get(reverse(LIST), {"q": "(2)"}).context["cl"].result_list] == names[2:]
    client.post(reverse("admin:messaging_savedmessage_delete", args=[row.pk]), {"post": "yes"})
    assert SavedMessage.objects.count() == 2


def test_compose_keeps_a_message_without_saving_the_broadcast(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    group = org.group()
    said = {"mode": GROUPS, "groups": [group.pk], "message": "Hi {name|you}", "title": "Hi", "keep": "yes"}
    answer = signed_in("Operator").post(url("add"), said)
    assert answer.status_code == 200
    assert SavedMessage.objects.get().name == "Hi"
    assert not Broadcast.objects.exists()


def test_a_viewer_reads_saved_messages_and_changes_none(org: Org, signed_in: Callable[[str], Client]) -> None:
    row = SavedMessage.objects.create(tenant=org.tenant, name="A", kind="text", content={"message": EVIL})
    client, page = signed_in("Viewer"), reverse("admin:messaging_savedmessage_change", args=[row.pk])
    shown = client.get(page)
    assert shown.status_code == 200
    assert "<script>alert" not in shown.content.decode()
    assert client.post(page, {"message": "x"}).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403


@pytest.mark.parametrize(
    ("message", "words"),
    [("Dear {name}", "the same for everybody"), ("{village}", "nothing to put in"), ("{", "not closed")],
)
def test_the_form_refuses_at_the_field(
    org: Org, signed_in: Callable[[str], Client], message: str, words: str
) -> None:
    said = {"mode": GROUPS, "groups": [org.group().pk], "message": message}
    answer = signed_in("Operator").post(url("add"), said)
    assert answer.status_code == 422
    assert words in str(answer.context["what"].errors["message"])
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("kind", kinds.every())
def test_the_phone_shows_person_2_while_typing_whatever_the_kind(
    kind: str, org: Org, signed_in: Callable[[str], Client]
) -> None:
    public, form = org.public(), kinds.get(kind).form.base_fields
    name = next(one for one in ("message", "question", "headline", "caption") if one in form)
    said = {"kind": kind, "mode": "public", "public": [public.pk], "person": "2", name: "Dear {name},"}
    page = signed_in("Operator").post(url("preview"), said).content.decode()
    assert ("Dear Person 2," in page, "Person 2 of 3" in page) == (True, True)


def test_the_phone_follows_each_person_while_typing(org: Org, signed_in: Callable[[str], Client]) -> None:
    public, client = org.public(), signed_in("Operator")
    said = {"kind": "poll", "mode": "public", "public": [public.pk], "person": "2", "choices": "[]"}
    page = client.post(url("preview"), {**said, "question": "Well, {name}? {{}} {x|ה}"}).content.decode()
    assert "Well, Person 2? {} ה" in page
    assert "Person 2 of 3" in page
    row = draft(org, "x")
    said = {"kind": "text", "mode": "mix", "draft": str(row.pk), "person": "2"}
    page = client.post(url("preview"), {**said, "message": "In {village}"}).content.decode()
    assert "In Cuttack" in page


def phone(client: Client, message: str = "Dear {name},", **said: object) -> str:
    page: str = client.post(url("preview"), {"kind": "text", "message": message, **said}).content.decode()
    return page


def test_the_phone_shows_the_people_of_a_saved_audience_and_those_named_singly(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    group, client = org.group(people=(4, 5)), signed_in("Operator")
    org.public(people=(1, 2, 3, 4))
    saved = SavedAudience.objects.create(
        tenant=org.tenant, name="Some", rules=Rules(who="subscribers", name="Person 2").as_json()
    )
    page = phone(client, mode="mix", saved=[saved.pk])
    assert ("Dear Person 2," in page, "Person 1 of 1" in page) == (True, True)
    singly = Expression(Include(groups=(group.pk,), one_by_one=(group.pk,), saved=(saved.pk,)), mode="mix")
    row = services.save_draft(tenant=org.tenant, choice=singly, content={"message": "x"}, by=None)
    said: dict[str, Any] = {
        "mode": "mix",
        "draft": str(row.pk),
        "saved": [saved.pk],
        "groups": [group.pk],
        "person": "3",
    }
    page = phone(client, "{name}, {role}, {group|no group}", **said)
    assert ("Person 5, Member, no group" in page, "Person 3 of 3" in page) == (True, True)
    page = phone(client, **{**said, "groups": []})
    assert "Person 1 of 1" in page


def test_the_phone_says_why_it_shows_nobody(org: Org, signed_in: Callable[[str], Client]) -> None:
    client, group = signed_in("Operator"), org.group()
    assert "nobody is chosen" in phone(client, mode="public")
    assert "the same for everybody" in phone(client, mode="groups", groups=[group.pk])
    assert "nobody is chosen" not in phone(client, "Hello", mode="public")
    Tenant.objects.create(name="Other")
    assert "which organisation" in phone(client, mode="people", pasted=number(1))


def test_the_phone_shows_people_of_the_organisation_that_is_written_to(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    other = replace(org, tenant=Tenant.objects.create(name="Zomba", default_region="MW"))
    mine, theirs = org.public("Mine", people=(1,)), other.public("Theirs", people=(1, 2))
    theirs.subscribers.update(name="Their name")
    client = signed_in("Operator")
    page = phone(client, mode="people", to=mine.pk, pasted=number(1))
    assert "Dear Person 1," in page
    page = phone(client, mode="people", to=theirs.pk, pasted="0999123456")
    assert "+265999123456" in page
    page = phone(client, mode="public", every_public="on", public=[mine.pk])
    assert ("Dear Person 1," in page, "Person 1 of 1" in page) == (True, True)


def test_the_phone_shows_the_people_of_a_sheet_that_is_only_chosen_yet(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    org.public()
    client = signed_in("Operator")
    said = {"kind": "text", "mode": "people", "message": "In {village}", "person": "2"}

    def phone(data: bytes) -> str:
        sheet = SimpleUploadedFile("villages.csv", data)
        page: str = client.post(url("preview"), {**said, "sheet": sheet}).content.decode()
        return page

    head = f"Phone,Village\n{number(1)},Puri\n{number(2)},Kondhwa\n".encode()
    page = phone(head)
    assert ("In Kondhwa" in page, "Person 2 of 2" in page) == (True, True)
    long = head + b"no,number\n" * 7_000
    cut = (
        long[: long.rfind(b"\n", 0, 65_520) + 1] + number(3).encode() + b",Nashik"
    )  # its last line is not whole
    assert "Person 2 of 2" in phone(cut.ljust(65_536, b"x"))
    assert "In {village}" in phone(b"%PDF-1.4 no sheet")


def test_the_check_page_shows_each_person_and_who_is_left_out(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    org.public()
    row, client = draft(org, f"{EVIL} {{village}} {{due|soon}}"), signed_in("Operator")
    page = client.get(url("check", row.pk), {"person": "2"}).content.decode()
    assert "Cuttack soon" in page
    assert "Person 2 of 3" in page
    assert "No value for {village}" in page
    assert "<script>alert" not in page
    table = client.get(url("faults", row.pk)).content.decode()
    assert table.splitlines()[1] == f"3,Person 3,'{number(3)},No value for {{village}}"
    client.post(url("adjust", row.pk), {"do": "faulty"})
    row.refresh_from_db()
    assert client.get(url("check", row.pk)).context["check"].people == 2
    part = client.get(url("person", row.pk), {"person": "99"}).content.decode()
    assert "Person 2 of 2" in part


def test_the_ledger_shows_what_each_person_got(org: Org, signed_in: Callable[[str], Client]) -> None:
    from messaging import services

    org.public()
    row = draft(org, "In {village|town}")
    services.launch(row, None, 3)
    client = signed_in("Viewer")
    page = client.get(reverse("admin:messaging_delivery_changelist"), {"broadcast": str(row.pk)})
    assert all(words in page.content.decode() for words in ("In Puri", "In Cuttack", "In town"))
    line = row.deliveries.order_by("pk")[1]
    assert "In Cuttack" in client.get(url("progress", row.pk), {"line": str(line.pk)}).content.decode()

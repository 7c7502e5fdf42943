import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from groups.models import Subscriber
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import FailedRecipient
from kaizala_admin.outbox.models import State
from messaging import services
from messaging.models import Broadcast, Delivery, Dispatch
from messaging.views.base import url
from messaging.views.checking import safe

from .conftest import GROUPS, PEOPLE, PUBLIC, Org, Recorder, break_off, number

SignIn = Callable[[str], Client]
VANISHED = "A chosen group is not at Kaizala any more. Choose again."


def compose(client: Client, **data: Any) -> Any:
    return client.post(url("add"), {"message": "Hello", "title": "", **data})


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    assert Dispatch.objects.count() == 0
    found: dict[str, list[str]] = {}
    for form in (answer.context["who"], answer.context["what"]):
        found.update({name: list(said) for name, said in form.errors.items()})
        for said in form.errors.values():
            for one in said:
                assert one.replace("'", "&#x27;") in answer.content.decode()
    return found


def test_a_message_goes_from_the_form_to_the_check_to_the_calls(
    org: Org, signed_in: SignIn, recorder: Recorder
) -> None:
    client, group = signed_in("Operator"), org.group()
    answer = compose(client, mode="groups", groups=[group.pk])
    draft = Broadcast.objects.get()
    assert answer.url == url("check", draft.pk)
    page = client.get(answer.url)
    assert "3 people in 1 group, 1 call, a few seconds" in page.content.decode()
    send = {"people": "3", "draft": page.context["draft"]}
    for _click in range(2):
        sent: Any = client.post(answer.url, send)
        assert sent.url == url("progress", draft.pk)
    assert Dispatch.objects.count() == 1
    recorder.drive(draft)
    assert "it was sent to everybody" in client.get(url("progress", draft.pk)).content.decode()


def test_an_empty_message_is_said_at_its_field(org: Org, signed_in: SignIn) -> None:
    answer = compose(signed_in("Operator"), mode="groups", groups=[org.group().pk], message="  \r\n ")
    assert errors(answer) == {"message": ["Write a message: it cannot be empty."]}


def test_4_001_characters_are_too_many_and_4_000_are_not(org: Org, signed_in: SignIn) -> None:
    client, group = signed_in("Operator"), org.group()
    answer = compose(client, mode="groups", groups=[group.pk], message="é" * 4001)
    assert errors(answer) == {
        "message": ["The message has 4,001 characters; at most 4,000 are allowed. Shorten it."]
    }
    whole = "\r\n".join(["é" * 1999, "é" * 2000])
    assert compose(client, mode="groups", groups=[group.pk], message=whole).status_code == 302
    assert len(Broadcast.objects.get().content["message"]) == 4000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"mode": "groups"}, {"groups": ["Choose at least one group."]}),
        ({"mode": "public"}, {"public": ["Choose at least one group."]}),
        ({"mode": "people"}, {"to": ["Choose the public group that these people follow."]}),
        ({}, {"mode": ["Say who shall get it."]}),
        ({"mode": "groups", "groups": ["999"]}, {"groups": [VANISHED]}),
        ({"mode": "groups", "groups": ["x"]}, {"groups": [VANISHED]}),
    ],
)
def test_an_empty_audience_is_said_at_its_field(
    org: Org, signed_in: SignIn, data: dict[str, Any], said: dict[str, list[str]]
) -> None:
    assert errors(compose(signed_in("Operator"), **data)) == said


def test_a_group_that_vanished_while_composing_is_said_at_its_field(org: Org, signed_in: SignIn) -> None:
    group = org.group()
    group.gone_at = timezone.now()
    group.save()
    answer = compose(signed_in("Operator"), mode="groups", groups=[group.pk])
    assert errors(answer) == {"groups": [VANISHED]}


def test_a_group_that_vanished_after_the_check_sends_nothing(org: Org, signed_in: SignIn) -> None:
    client, group = signed_in("Operator"), org.group()
    draft = org.draft(GROUPS, [group])
    page = client.get(url("check", draft.pk))
    group.gone_at = timezone.now()
    group.save()
    answer = client.post(url("check", draft.pk), {"people": "3", "draft": page.context["draft"]}, follow=True)
    assert "is not at Kaizala any more" in answer.content.decode()
    assert Dispatch.objects.count() == 0


def test_a_revoked_grant_sends_nothing_and_says_so(org: Org, signed_in: SignIn) -> None:
    draft = org.draft(GROUPS, [org.group()])
    org.grant.state = "revoked"
    org.grant.save()
    client = signed_in("Operator")
    sent = {"people": "3", "draft": services.fingerprint(draft)}
    answer = client.post(url("check", draft.pk), sent, follow=True)
    assert "Give it a new refresh token." in answer.content.decode()
    assert Dispatch.objects.count() == 0


def people(client: Client, group: Any, **data: Any) -> Any:
    return compose(client, mode="people", to=group.pk, **data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"pasted": " "}, {"pasted": ["Paste at least one number, or upload a sheet."]}),
        (
            {"pasted": "Asha\n12"},
            {"pasted": ["None of these is a phone number. Line 1, “Asha”: This is not a phone number."]},
        ),
    ],
)
def test_wrong_pasted_numbers_are_said_at_their_field(
    org: Org, signed_in: SignIn, data: dict[str, str], said: dict[str, list[str]]
) -> None:
    assert errors(people(signed_in("Operator"), org.public(), **data)) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"%PDF-1.7",
            "This file is no sheet. Choose a .csv or .xlsx file with one phone number in each row.",
        ),
        (b"", "The file is empty. Choose one with phone numbers."),
        (
            b"9812345678\n" * 100_001,
            "There are more than 100,000 rows. Split them into several broadcasts of at most 100,000.",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_said_at_its_field(
    org: Org, signed_in: SignIn, data: bytes, said: str
) -> None:
    file = SimpleUploadedFile("list.csv", data)
    assert errors(people(signed_in("Operator"), org.public(), file=file)) == {"file": [said]}


def test_each_wrong_line_is_shown_and_can_be_downloaded(org: Org, signed_in: SignIn) -> None:
    client, farmers = signed_in("Operator"), org.public()
    text = f"{number(1)}\n0{number(1)[3:]}\n=HYPERLINK(1)\n{number(77)}"
    where = people(client, farmers, pasted=text).url
    page = client.get(where).content.decode()
    for words in ("stands in an earlier line", "=HYPERLINK(1)", "Nobody with this number follows the group."):
        assert words in page
    answer = client.get(url("lines", Broadcast.objects.get().pk))
    rows = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert rows.splitlines()[2] == "3,'=HYPERLINK(1),This is not a phone number."
    assert rows.splitlines()[3] == f"4,'{number(77)},Nobody with this number follows the group."


@pytest.mark.parametrize("text", ["=1+1", "+91", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_of_a_download_begins_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_a_draft_keeps_its_numbers_when_only_the_words_change(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    draft = org.draft(PEOPLE, [org.public()], f"{number(1)}\n{number(2)}")
    data = {"mode": "people", "to": draft.audience["groups"][0], "message": "Other", "title": "T"}
    client.post(url("compose", draft.pk), data)
    draft.refresh_from_db()
    assert (draft.content, services.check(draft).people) == ({"message": "Other"}, 2)


def test_ticked_subscribers_become_a_draft(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    org.public(people=range(5))
    ticked = list(Subscriber.objects.order_by("pk").values_list("pk", flat=True)[:2])
    address = reverse("admin:groups_subscriber_changelist")
    answer = client.post(address, {"action": "write_to_these", "_selected_action": ticked})
    draft = Broadcast.objects.get()
    assert (answer.url, services.check(draft).dispatch_people) == (url("compose", draft.pk), 2)  # type: ignore[attr-defined]
    assert b"write_to_these" not in signed_in("Viewer").get(address).content


def test_pause_resume_and_cancel_ask_first(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    broadcast = org.launched(PUBLIC, [org.public(people=range(40))])
    for verb, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        address = reverse("admin:messaging_broadcast_do", args=[broadcast.pk, verb])
        before = Broadcast.objects.get().state
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 200
        assert Broadcast.objects.get().state == before
        assert client.post(address, {"confirmed": "yes"}).status_code == 302
        assert Broadcast.objects.get().state == state


def test_failures_and_doubts_are_settled_from_the_pages(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B"), org.group("C")])
    first, second, third = Dispatch.objects.order_by("pk")
    break_off(first, State.FAILED, "NotAdmin", "Not an admin.")
    break_off(second, State.UNKNOWN, "no_answer")
    break_off(third, State.UNKNOWN, "no_answer")
    page = client.get(url("progress", broadcast.pk)).content.decode()
    assert "Not an admin." in page
    assert "Settle 2 calls in doubt" in page
    assert client.get(url("unknowns", broadcast.pk)).status_code == 200
    for verb, data in (
        ("retry", {"reason": "Not an admin."}),
        ("arrived", {"call": second.pk}),
        ("again", {}),
    ):
        address = reverse("admin:messaging_broadcast_do", args=[broadcast.pk, verb])
        assert client.get(address, data).status_code == 200
        assert client.post(address, {**data, "confirmed": "yes"}).status_code == 302
    states = Dispatch.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["queued", "sent", "queued"]


def test_what_holds_a_broadcast_up_is_said_on_its_page(org: Org, signed_in: SignIn) -> None:
    client = signed_in("Viewer")
    broadcast = org.launched(GROUPS, [org.group("A"), org.group("B")])
    address = url("progress", broadcast.pk)
    assert client.get(address).context["hindrances"] == []
    break_off(Dispatch.objects.earliest("pk"), State.QUEUED, "not_sent")
    page = client.get(address)
    words = "1 call waits: Kaizala could not be reached. It is tried again by itself."
    assert page.context["hindrances"] == [words]
    assert words in page.content.decode()
    Connector.objects.update(health=Connector.Health.NEEDS_ATTENTION, health_reason="The secret is refused.")
    why = f"The connector “{Connector.objects.get().name}” needs attention: The secret is refused."
    assert client.get(address).context["hindrances"] == [why]
    Grant.objects.update(state=Grant.State.REVOKED)
    refused = f"Kaizala refused the grant “{Grant.objects.get().name}”."
    (told,) = client.get(address).context["hindrances"]
    assert told == f"{refused} Its calls wait until it has a new refresh token."
    Connector.objects.update(is_active=False)
    (told,) = client.get(address).context["hindrances"]
    assert "is switched off" in told
    services.pause(broadcast, None)
    assert client.get(address).context["hindrances"] == []


def test_the_moving_part_moves_only_while_it_is_sent(org: Org, signed_in: SignIn, recorder: Recorder) -> None:
    client = signed_in("Viewer")
    broadcast = org.launched(GROUPS, [org.group()])
    part = {"headers": {"HX-Request": "true"}}
    address = url("progress", broadcast.pk)
    moving = client.get(f"{address}?seen=running", **part)  # type: ignore[arg-type]
    assert (b"every 2s" in moving.content, moving.headers.get("HX-Refresh")) == (True, None)
    recorder.drive(broadcast)
    over = client.get(f"{address}?seen=running", **part)  # type: ignore[arg-type]
    assert (b"every 2s" in over.content, over.headers.get("HX-Refresh")) == (False, "true")


@pytest.mark.parametrize("name", ["broadcast", "delivery", "dispatch"])
def test_a_list_costs_the_same_with_one_row_and_with_three(org: Org, signed_in: SignIn, name: str) -> None:
    client = signed_in("Administrator")
    address = reverse(f"admin:messaging_{name}_changelist")
    org.launched(GROUPS, [org.group("A")])
    counts = []
    for more in (0, 2):
        for at in range(more):
            org.launched(GROUPS, [org.group(f"More {at}")])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_ledger_is_narrowed_by_broadcast_state_reason_group_and_number(
    org: Org, signed_in: SignIn, recorder: Recorder
) -> None:
    client, farmers = signed_in("Viewer"), org.public(people=range(5))
    first = org.launched(PUBLIC, [farmers])
    second = org.launched(PUBLIC, [farmers])
    recorder.drive(first)
    Delivery.objects.filter(broadcast=first, mobile_number=number(1)).update(state="failed", reason="Left")
    address = reverse("admin:messaging_delivery_changelist")

    def rows(**query: str | int) -> int:
        return int(client.get(address, query).context["cl"].result_count)

    assert rows() == 10
    assert rows(broadcast=first.pk) == 5
    assert rows(broadcast=first.pk, state="failed", reason="Left") == 1
    assert rows(broadcast=second.pk, state="queued", group=farmers.pk) == 5
    assert rows(q=number(2)) == 2
    assert rows(q="Person 2") == 0
    assert rows(broadcast=first.pk, q="Person 2") == 1


def test_each_number_of_a_broadcast_leads_to_exactly_the_people_whom_it_counts(
    org: Org, signed_in: SignIn, recorder: Recorder
) -> None:
    org.connector.batch_size = 2
    org.connector.save()
    row = org.launched(PUBLIC, [org.public(people=range(10))])
    sent, failed, unknown, _waiting, cancelled = row.dispatches.order_by("pk")
    recorder.failed = (FailedRecipient(number(1), "", "Left", ""),)
    Dispatch.objects.exclude(pk=sent.pk).update(held=True)
    recorder.drive(row)
    break_off(failed, State.FAILED, "NotAdmin", "Not an admin.")
    break_off(unknown, State.UNKNOWN, "no_answer")
    break_off(cancelled, State.CANCELLED, "")
    client = signed_in("Viewer")
    page = client.get(url("progress", row.pk)).context

    def behind(address: str) -> int:
        return sum(line.people for line in client.get(address).context["cl"].queryset)

    counted = {name: getattr(page["progress"], name) for name in page["links"]}
    assert counted == {"sent": 1, "waiting": 2, "failed": 3, "unknown": 2, "cancelled": 2}
    assert {name: behind(link) for name, link in page["links"].items()} == counted
    reasons = {one.text: one.people for one, _link in page["reasons"]}
    assert reasons == {"Left": 1, "Not an admin.": 2, "The answer was lost": 2}
    assert {one.text: behind(link) for one, link in page["reasons"]} == reasons


def test_the_picker_keeps_what_is_chosen_and_finds_by_name(org: Org, signed_in: SignIn) -> None:
    one, _two = org.group("Nurses"), org.group("Midwives")
    answer = (
        signed_in("Operator")
        .get(url("pick"), {"name": "groups", "q_groups": "midw", "groups": str(one.pk)})
        .content.decode()
    )
    assert answer.count("checkbox") == 2
    assert answer.count("checked") == 1


def test_a_group_page_lists_its_broadcasts(org: Org, signed_in: SignIn) -> None:
    group = org.group()
    org.launched(GROUPS, [group])
    page = reverse("admin:groups_group_change", args=[group.pk]) + "?tab=broadcasts"
    content = signed_in("Operator").get(page).content.decode()
    assert "Hello" in content
    assert f"{url('add')}?group={group.pk}" in content


def test_empty_lists_say_what_to_do_once(org: Org, signed_in: SignIn) -> None:
    for name, label in (("broadcast", "Write the first one"), ("savedaudience", "Save the first one")):
        page = signed_in("Operator").get(reverse(f"admin:messaging_{name}_changelist")).content.decode()
        assert (page.count(label), page.count("kza-empty-title")) == (1, 1)
    ledger = signed_in("Viewer").get(reverse("admin:messaging_delivery_changelist")).content.decode()
    assert "The ledger is empty" in ledger


def test_a_file_with_numbers_is_read_through_the_form(org: Org, signed_in: SignIn) -> None:
    data = io.BytesIO(f"Name;Mobile\nA;{number(1)}\nB;{number(2)}\n".encode("utf-8-sig"))
    data.name = "list.csv"
    answer = people(signed_in("Operator"), org.public(), file=data)
    assert answer.url == url("check", Broadcast.objects.get().pk)
    assert services.check(Broadcast.objects.get()).people == 2

"""The content half of the compose page: tiles, fields, the phone while typing, and what stays."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from kaizala_admin.connectors.models import Tenant
from messaging import kinds
from messaging.models import Broadcast
from messaging.timing.models import Profile
from messaging.views.base import url
from tests.messaging.conftest import GROUPS, Org, number

from . import samples

SignIn = Callable[[str], Client]
EVIL = "<script>alert('x')</script> مرحبا"


def test_every_kind_is_written_checked_and_written_again(
    org: Org, signed_in: SignIn, library: dict[str, int]
) -> None:
    client, group = signed_in("Operator"), org.group()
    for kind, content in samples.every(library).items():
        page = client.get(url("add"), {"kind": kind, "group": str(group.pk)})
        assert (kind, f'value="{kind}" checked' in page.content.decode()) == (kind, True)
        typed = samples.as_typed(content)
        answer: Any = client.post(url("add"), {"kind": kind, "mode": "groups", "groups": [group.pk], **typed})
        draft = Broadcast.objects.latest("pk")
        assert (kind, answer.status_code, draft.content) == (kind, 302, content)
        assert draft.kind == kind
        checked = client.get(answer.url)
        assert checked.context["check"].blockers == []
        assert 'id="phone-card"' in checked.content.decode()
        again: Any = client.get(url("compose", draft.pk))
        assert again.context["what"].initial == content
        saved = client.post(
            url("compose", draft.pk), {"kind": kind, "mode": "groups", "groups": [group.pk], **typed}
        )
        assert (saved.status_code, Broadcast.objects.get(pk=draft.pk).content) == (302, content)


def test_what_was_written_stays_when_something_else_is_wrong(
    org: Org, signed_in: SignIn, library: dict[str, int]
) -> None:
    client = signed_in("Operator")
    for kind, content in samples.every(library).items():
        answer: Any = client.post(url("add"), {"kind": kind, "mode": "groups", **samples.as_typed(content)})
        form = answer.context["what"]
        assert (kind, answer.status_code, form.errors) == (kind, 422, {})
        for name, field in form.fields.items():
            value = form[name].value()
            shown = json.loads(value) if name in ("questions", "choices", "properties") else value
            if name == "assignees":
                shown = shown.splitlines()
            if name in ("media_files", "pictures", "cover"):
                shown = [int(one) for one in shown]
            assert (kind, name, field.to_python(shown)) == (kind, name, field.to_python(content[name]))


def test_a_draft_can_become_another_kind(org: Org, signed_in: SignIn) -> None:
    client, group = signed_in("Operator"), org.group()
    draft = org.draft(GROUPS, [group], message="It rains")
    typed = {"kind": "announcement", "headline": "Rain", "message": "It rains", "mode": "groups"}
    client.post(url("compose", draft.pk), {**typed, "groups": [group.pk]})
    changed = Broadcast.objects.get(pk=draft.pk)
    assert (changed.kind, changed.content) == (
        "announcement",
        {"headline": "Rain", "message": "It rains", "pictures": []},
    )


def test_another_kinds_fields_keep_what_fits_them(db: None, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    answer = client.post(
        url("fields"), {"kind": "survey", "headline": EVIL, "message": "lost", "due_in_hours": "5"}
    )
    page = answer.content.decode()
    assert f'value="{html.escape(EVIL)}"' in page
    assert 'name="due_in_hours" value="5"' in page
    assert "lost" not in page


@pytest.mark.parametrize("kind", [kind for kind in kinds.every() if kind != "text"])
def test_the_phone_follows_while_typing_and_shows_markup_as_words(
    db: None, signed_in: SignIn, kind: str
) -> None:
    client = signed_in("Operator")
    names = {"poll": "question"}
    name = names.get(kind, "headline" if "headline" in kinds.get(kind).form.base_fields else "caption")
    page = client.post(url("preview"), {"kind": kind, name: EVIL}).content.decode()
    assert html.escape(EVIL) in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "survey", "questions": "[["},
        {"kind": "survey", "questions": '[{"title": 5, "options": "x", "type": null}, 7]'},
        {"kind": "poll", "choices": '[{"title": null, "picture": "x"}, {"title": "A", "picture": -1}]'},
        {"kind": "custom_action", "properties": '[{"type": "Attachment", "value": {"a": 1}}]'},
        {"kind": "lets_meet", "starts_at": "9999-99-99T99:99", "zone": "../../etc/passwd"},
        {"kind": "lets_meet", "starts_at": "0001-01-01T00:00", "zone": "Asia/Kolkata"},
        {"kind": "album", "media_files": ["x", "-1", "99999999999999999999"]},
        {"kind": "job", "due_in_hours": "1e9", "assignees": "\0"},
    ],
)
def test_the_phone_shows_unfinished_and_broken_content_without_a_crash(
    db: None, signed_in: SignIn, given: dict[str, Any]
) -> None:
    client = signed_in("Operator")
    assert 'id="phone-card"' in client.post(url("preview"), given).content.decode()
    assert client.post(url("fields"), given).status_code == 200
    assert client.post(url("add"), {"mode": "groups", **given}).status_code == 422


def test_what_is_wrong_with_a_question_comes_back_to_the_builder(org: Org, signed_in: SignIn) -> None:
    rows = [{"title": "", "type": "Text", "options": [], "hidden": False}]
    given = {"kind": "survey", "headline": "S", "questions": json.dumps(rows), "mode": "groups"}
    page = signed_in("Operator").post(url("add"), given).content.decode()
    found = re.search(r'data-problems="([^"]*)"', page)
    assert found is not None
    assert json.loads(html.unescape(found[1])) == [[0, "title", "Write the question."]]
    assert "Question 1: Write the question." in page


def test_what_is_missing_is_said_at_its_field_and_read_out_with_it(org: Org, signed_in: SignIn) -> None:
    given = {"kind": "announcement", "headline": "", "message": "It rains", "mode": "groups"}
    page = signed_in("Operator").post(url("add"), given).content.decode()
    assert re.search(r'<input[^>]*name="headline"[^>]*aria-describedby="id_headline_error"', page)
    assert re.search(r'id="id_headline_error">Write something here: it cannot be empty\.</p>', page)


def test_a_jobs_numbers_belong_to_the_tenants_country(org: Org, signed_in: SignIn) -> None:
    given = {"kind": "job", "headline": "Count", "assignees": "098000 00001", "due_in_hours": "24"}
    where = {"mode": "groups", "groups": [org.group().pk]}
    assert signed_in("Operator").post(url("add"), {**given, **where}).status_code == 302
    assert Broadcast.objects.get().content["assignees"] == ["+919800000001"]


def found(client: Client, asked: str, **chosen: object) -> list[str]:
    page = client.post(url("people"), {"q_people": asked, **chosen}).content.decode()
    return re.findall(r'data-number="([^"]+)"', page)


def test_people_for_a_job_are_found_by_name_and_number_once_each(org: Org, signed_in: SignIn) -> None:
    org.group("One", people=(1, 2))
    org.group("Two", people=(2, 3))
    org.public(people=(3, 4))
    client = signed_in("Operator")
    assert found(client, "person") == [number(1), number(2), number(3), number(4)]
    assert found(client, number(3)[:-1]) == [number(1), number(2), number(3), number(4)]
    assert found(client, number(4)) == [number(4)]
    assert found(client, "p") == []
    page = client.post(url("people"), {"q_people": "nobody"}).content.decode()
    assert "Nobody in the mirror" in page
    assert client.get(url("people"), {"q_people": "nobody"}).status_code == 405


def test_people_for_a_job_are_of_the_organisation_that_is_written_to(org: Org, signed_in: SignIn) -> None:
    here = org.group(people=(1,))
    there = replace(org, tenant=Tenant.objects.create(name="Other")).group("Theirs", people=(2,))
    client = signed_in("Operator")
    assert found(client, "person", mode="groups", groups=[here.pk]) == [number(1)]
    assert found(client, "person", mode="groups", groups=[there.pk]) == [number(2)]
    unclear = client.post(url("people"), {"q_people": "person"}).content.decode()
    assert "Choose a group first" in unclear
    assert found(client, "person", mode="groups", groups=[here.pk, there.pk]) == []


@pytest.mark.parametrize(
    ("may", "seen"),
    [("member", [1]), ("subscriber", [2]), ("", None)],
    ids=["members", "subscribers", "none"],
)
def test_who_may_not_see_people_finds_none_for_a_job(
    may: str, seen: list[int] | None, org: Org, person: Callable[[str], Any]
) -> None:
    org.group(people=(1,))
    org.public(people=(2,))
    user, client = person("Viewer"), Client()
    user.groups.clear()
    codes = ["add_broadcast", *([f"view_{may}"] if may else [])]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(url("people"), {"q_people": "person"})
    assert answer.status_code == (403 if seen is None else 200)
    assert found(client, "person") == [number(one) for one in seen or ()]


def test_a_meeting_begins_on_the_clock_of_who_writes_it(
    person: Callable[[str], Any], signed_in: SignIn
) -> None:
    client = signed_in("Operator")
    for zone, chosen in (("", "UTC"), ("Asia/Kolkata", "Asia/Kolkata")):
        Profile.objects.update_or_create(user=person("Operator"), defaults={"time_zone": zone})
        pages = [
            client.get(url("add"), {"kind": "lets_meet"}),
            client.post(url("fields"), {"kind": "lets_meet"}),
        ]
        for page in pages:
            assert f'<option value="{chosen}" selected>' in page.content.decode()


def test_the_list_tells_the_kind_and_can_be_narrowed_to_one(org: Org, signed_in: SignIn) -> None:
    for kind in ("text", "poll"):
        draft = org.draft(GROUPS, [org.group(f"Group {kind}")])
        Broadcast.objects.filter(pk=draft.pk).update(kind=kind, title=f"A {kind} of ours")
    client = signed_in("Viewer")
    both = client.get(url("changelist")).content.decode()
    assert ["A poll of ours" in both, "A text of ours" in both, "Poll" in both] == [True] * 3
    one = client.get(url("changelist"), {"kind": "poll"}).content.decode()
    assert ["A poll of ours" in one, "A text of ours" in one] == [True, False]


def test_an_unknown_kind_has_no_fields_and_no_preview(db: None, signed_in: SignIn) -> None:
    client = signed_in("Operator")
    assert [client.post(url(name), {"kind": "x"}).status_code for name in ("fields", "preview")] == [404, 404]
    assert [signed_in("Viewer").post(url(name)).status_code for name in ("fields", "preview")] == [403, 403]


def test_the_check_says_how_many_uploads_come_first(
    org: Org, signed_in: SignIn, library: dict[str, int]
) -> None:
    draft = org.draft(GROUPS, [org.group()])
    content = samples.every(library)["announcement"]
    Broadcast.objects.filter(pk=draft.pk).update(kind="announcement", content=content)
    page = signed_in("Operator").get(url("check", draft.pk)).content.decode()
    assert "Its files go to Kaizala first: 2 more calls." in page


def test_a_draft_whose_picture_is_gone_cannot_be_sent(
    org: Org, signed_in: SignIn, library: dict[str, int]
) -> None:
    draft = org.draft(GROUPS, [org.group()])
    Broadcast.objects.filter(pk=draft.pk).update(kind="image", content={"media_files": [999], "caption": ""})
    page = signed_in("Operator").get(url("check", draft.pk)).content.decode()
    assert "This file is not in the media library any more. Choose another." in page

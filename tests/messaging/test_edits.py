"""Two people change one draft: neither loses what the other wrote without being told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from messaging import services
from messaging.audience import adjusting
from messaging.models import Broadcast
from messaging.views.base import url

from .conftest import GROUPS, PUBLIC, Org


def test_a_change_of_the_audience_alone_keeps_a_text_that_was_written_meanwhile(org: Org) -> None:
    farmers = org.public(people=range(70))
    draft = org.draft(PUBLIC, [farmers])
    seen = Broadcast.objects.get(pk=draft.pk)  # by the request that changes the plan
    services.save_draft(
        tenant=org.tenant,
        choice=services.Choice(PUBLIC, (farmers.pk,)),
        content={"message": "Written meanwhile"},
        by=None,
        title="New",
        broadcast=draft,
    )
    services.change_audience(seen, adjusting.in_batches, None)
    now = Broadcast.objects.get()
    assert (now.content, now.title, now.audience["plan"]) == (
        {"message": "Written meanwhile"},
        "New",
        "batches",
    )


def test_two_changes_of_one_audience_both_count(org: Org) -> None:
    first, second = org.group("A"), org.group("B")
    draft = org.draft(GROUPS, [first, second])
    seen = Broadcast.objects.get(pk=draft.pk)
    services.change_audience(draft, lambda said: adjusting.leave_out_group(said, first.pk), None)
    services.change_audience(seen, lambda said: adjusting.leave_out_group(said, second.pk), None)
    assert sorted(Broadcast.objects.get().audience["include"]["skip"]) == [first.pk, second.pk]


def test_the_second_of_two_open_forms_is_told_and_keeps_what_was_typed(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    group = org.group()
    draft = org.draft(GROUPS, [group])
    first, second = signed_in("Operator"), signed_in("Approver")
    at = url("compose", draft.pk)
    versions = [client.get(at).context["version"] for client in (first, second)]

    def save(client: Client, version: str, text: str) -> Any:
        said = {"mode": "groups", "groups": [group.pk], "title": "T", "version": version}
        return client.post(at, {**said, "message": text})

    assert save(first, versions[0], "Of the first").status_code == 302
    told = save(second, versions[1], "Of the second")
    page = told.content.decode()
    assert (told.status_code, Broadcast.objects.get().content) == (409, {"message": "Of the first"})
    assert "it was changed last by operator, and is “Draft” now. Nothing is saved yet" in page
    assert "Of the second" in page
    assert save(second, told.context["version"], "Of the second").status_code == 302
    assert Broadcast.objects.get().content == {"message": "Of the second"}


def test_a_form_with_a_mistake_still_remembers_what_it_began_with(
    org: Org, signed_in: Callable[[str], Client]
) -> None:
    group = org.group()
    draft = org.draft(GROUPS, [group])
    client, at = signed_in("Operator"), url("compose", draft.pk)
    version = client.get(at).context["version"]
    Broadcast.objects.update(title="By somebody else")
    wrong = client.post(at, {"mode": "groups", "groups": [group.pk], "message": "", "version": version})
    assert (wrong.status_code, wrong.context["version"]) == (422, version)

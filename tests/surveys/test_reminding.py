"""Reminders and messages to those who have not answered: many of them, barred ones, at night, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta

import pytest
from auditlog.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from groups.models import Group
from kaizala_admin.connectors import clock
from kaizala_admin.outbox.models import State
from messaging import lines, services
from messaging.models import AudienceLine, Broadcast, Delivery, Dispatch, DoNotContact
from messaging.views.base import url
from surveys import schedule
from surveys.models import Action, ActionInstance, Reminder, Response
from surveys.services import reminding
from tests.messaging.conftest import Org, number, org, person, signed_in

__all__ = ["org", "person", "signed_in"]
SignIn = Callable[[str], Client]


def action(org: Org) -> Action:
    return Action.objects.create(tenant=org.tenant, kind="Survey", title="Harvest", sent_at=timezone.now())


def instance(action: Action, group: Group, at: int = 0, dispatch: Dispatch | None = None) -> ActionInstance:
    now = timezone.now()
    return ActionInstance.objects.create(
        action=action,
        group=group,
        kaizala_id=f"{group.pk}-{at}",
        dispatch=dispatch,
        sent_at=now,
        first_seen_at=now,
        reached=group.member_count + group.subscriber_count,
    )


def in_batches(org: Org, group: Group, batches: Sequence[Sequence[int]]) -> Action:
    """A survey that went to subscribers, an instance a call."""
    found = action(org)
    of = Broadcast.objects.create(tenant=org.tenant, title="Harvest", kind="survey")
    same = {"broadcast": of, "group": group, "state": "sent"}
    for at, people in enumerate(batches):
        call = Dispatch.objects.create(mode="batch", connector=org.connector, grant=org.grant, **same)
        Delivery.objects.bulk_create(
            Delivery(dispatch=call, mobile_number=number(one), **same) for one in people
        )
        instance(found, group, at, call)
    return found


def instances(of: Action) -> list[ActionInstance]:
    rows = ActionInstance.objects.filter(action=of).select_related("action__tenant", "group", "dispatch")
    return list(rows.order_by("pk"))


def answered(one: ActionInstance, person: int) -> None:
    Response.objects.create(
        action=one.action,
        instance=one,
        key=f"p:{person}",
        responder_number=number(person),
        digest="d",
        source="sync",
        first_seen_at=timezone.now(),
    )


def named() -> list[list[str]]:
    return [row.numbers for row in Reminder.objects.order_by("pk")]


def test_a_message_to_the_missing_reaches_them_through_every_group(org: Org, signed_in: SignIn) -> None:
    found = action(org)
    for at, name in enumerate(("North", "South")):
        instance(found, org.public(name, people=(2 * at + 1, 2 * at + 2)))
    answered(instances(found)[0], 1)
    client = signed_in("Operator")
    answer = client.post(reverse("admin:surveys_action_write", args=[found.pk]))
    draft = Broadcast.objects.get()
    page = client.get(url("compose", draft.pk))
    assert (answer.status_code, page.context["stored_lines"]) == (302, 3)
    through = [str(one.pk) for one in page.context["pickers"]["through"].chosen]
    client.post(url("compose", draft.pk), {"mode": "mix", "through": through, "message": "Please answer"})
    draft.refresh_from_db()
    check = services.check(draft)
    assert (check.people, check.group_count, check.blockers) == (3, 2, [])


def test_more_people_than_a_draft_takes_are_refused_in_words(
    org: Org, monkeypatch: pytest.MonkeyPatch, signed_in: SignIn
) -> None:
    monkeypatch.setattr(lines, "MAX_ROWS", 2)
    found = action(org)
    instance(found, org.public())
    answer = signed_in("Operator").post(reverse("admin:surveys_action_write", args=[found.pk]))
    (said,) = get_messages(answer.wsgi_request)
    assert str(said) == ("3 people have not answered, and a draft names at most 2. Remind them instead.")
    assert (Broadcast.objects.count(), AudienceLine.objects.count()) == (0, 0)


def test_many_are_reminded_by_who_may_send_to_many_after_typing_their_number(
    org: Org, signed_in: SignIn
) -> None:
    org.tenant.many_people = 2
    org.tenant.save()
    found = action(org)
    instance(found, org.public())
    page = reverse("admin:surveys_action_remind", args=[found.pk])
    operator, approver = signed_in("Operator"), signed_in("Approver")
    assert operator.get(page).status_code == 302
    operator.post(page, {"confirmed": "yes", "typed": "3"})
    assert "Type the number of people, 3" in approver.get(page).content.decode()
    wrong = approver.post(page, {"confirmed": "yes", "typed": "4"})
    assert "The number that you typed is not 3. Nothing is sent." in wrong.content.decode()
    assert not Reminder.objects.exists()
    approver.post(page, {"confirmed": "yes", "typed": "3"})
    assert [row.people for row in Reminder.objects.all()] == [3]
    noted = LogEntry.objects.get_for_object(found).get(additional_data__what="remind")
    assert (noted.additional_data["people"], noted.additional_data["calls"]) == (3, 1)


def test_who_must_not_be_contacted_is_not_named_and_where_nobody_can_be_the_page_says_so(
    org: Org, signed_in: SignIn
) -> None:
    DoNotContact.objects.bulk_create(
        DoNotContact(tenant=org.tenant, mobile_number=number(one)) for one in (2, 12)
    )
    found = action(org)
    instance(found, org.public())
    instance(found, org.group(people=(11, 12)))
    page = signed_in("Operator").get(reverse("admin:surveys_action_remind", args=[found.pk]))
    shown = page.content.decode()
    assert "1 person there is on the do-not-contact list: a whole group leaves nobody out." in shown
    assert dict(page.context["confirmation"].facts) == {
        "People": "4",
        "Groups": "2",
        "Calls": "2",
        "Left out: on the do-not-contact list": "1",
    }
    reminding.remind(instances=instances(found), by=None)
    assert [(row.numbers, row.to_all) for row in Reminder.objects.order_by("pk")] == [
        ([number(1), number(3)], False),
        ([], True),
    ]


def test_reminders_wait_for_the_end_of_the_quiet_hours_and_so_does_what_is_still_in_line_then(
    org: Org, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.tenant.quiet_from, org.tenant.quiet_until, org.tenant.time_zone = time(21), time(7), "Asia/Kolkata"
    org.tenant.save()
    night, opening = datetime(2030, 5, 1, 18, tzinfo=UTC), datetime(2030, 5, 2, 1, 30, tzinfo=UTC)
    found = action(org)
    instance(found, org.public())

    monkeypatch.setattr(clock, "now", lambda: night - timedelta(hours=3))
    reminding.remind(instances=instances(found), by=None)
    early = Reminder.objects.get()
    assert (early.not_before, early.reason) == (night - timedelta(hours=3), "")
    monkeypatch.setattr(clock, "now", lambda: night)
    schedule.tick()
    page = signed_in("Operator").get(reverse("admin:surveys_action_remind", args=[found.pk]))
    assert "reminders wait until 2 May, 07:00 (Asia/Kolkata)" in page.content.decode()
    reminding.remind(instances=instances(found), by=None)
    rows = Reminder.objects.filter(state=State.QUEUED).values_list("not_before", "reason")
    assert list(rows) == [(opening, "quiet_hours")] * 2
    org.tenant.quiet_from = org.tenant.quiet_until = None
    org.tenant.save()
    assert reminding.keep_quiet() == 2
    assert set(Reminder.objects.values_list("reason", flat=True)) == {""}


def test_a_survey_in_many_batches_is_reminded_of_at_the_cost_of_one_in_few(org: Org) -> None:
    asked = {}
    for n in (2, 150):
        group = org.public(f"Public {n}", people=range(2 * n))
        found = in_batches(org, group, [(2 * at, 2 * at + 1) for at in range(n)])
        answered(instances(found)[0], 0)
        some = instances(found)
        with CaptureQueriesContext(connection) as planned:
            plan = reminding.plan(instances=some)
        with CaptureQueriesContext(connection) as posted:
            assert reminding.remind(instances=some, by=None) == n
        with CaptureQueriesContext(connection) as written:
            draft = reminding.write_to_missing(action=found, by=None)
        assert (plan.people, plan.groups, plan.calls) == (2 * n - 1, 1, n)
        assert [one for call in named() for one in call] == [number(one) for one in range(1, 2 * n)]
        assert draft.lines.count() == 2 * n - 1
        asked[n] = [_without_inserts(one) for one in (planned, posted, written)]
        Reminder.objects.all().delete()
    assert asked[2] == asked[150]


def _without_inserts(asked: CaptureQueriesContext) -> int:
    """SQLite takes rows only some hundred at a time."""
    return sum(not one["sql"].startswith("INSERT") for one in asked.captured_queries)


def test_whoever_was_reminded_just_now_is_left_out(org: Org) -> None:
    found = in_batches(org, org.public(people=range(4)), [(0, 1), (2, 3)])
    first, second = instances(found)
    assert reminding.remind(instances=[first], by=None) == 1
    assert reminding.remind(instances=[first, second], by=None) == 1
    assert named() == [[number(0), number(1)], [number(2), number(3)]]

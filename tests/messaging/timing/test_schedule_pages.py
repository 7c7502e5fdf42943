"""From the form in words to the schedule's page, the agenda and the home page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from messaging import services
from messaging.models import Broadcast, Dispatch
from messaging.timing.models import Approval, Firing, Profile, Schedule
from messaging.views.base import url
from tests.messaging.conftest import GROUPS, Org

from .conftest import HOUR, NINE, ONE_DAY, daily, once, plan_of, scheduled, story

SignIn = Callable[[str], Client]
Person = Callable[[str], User]
WORDS = {"HTTP_HX_REQUEST": "true"}


def form(draft: Broadcast, **more: Any) -> dict[str, Any]:
    said = {
        "repeat": "once",
        "starts_on": "2031-03-10",
        "at": "09:00",
        "zone": "UTC",
        "ends": "never",
        "missed": "ask",
        "late_hours": "2",
        "people": "3",
        "draft": services.fingerprint(draft),
    }
    return {**said, **more}


def in_words(client: Client, draft: Broadcast, **more: Any) -> tuple[str, str]:
    """What the page says of the form, and the mark that its button carries."""
    answer = client.post(url("when", draft.pk), form(draft, **more), headers={"HX-Request": "true"})
    return answer.content.decode(), answer.context.get("mark", "")


def press(client: Client, draft: Broadcast, do: str = "schedule", **more: Any) -> Any:
    mark = in_words(client, draft, **more)[1]
    return client.post(url("when", draft.pk), form(draft, do=do, shown=mark, **more), follow=True)


def test_the_form_says_in_words_what_will_happen(org: Org, signed_in: SignIn) -> None:
    client, draft = signed_in("Operator"), org.draft(GROUPS, [org.group()])
    said, _mark = in_words(client, draft, zone="Asia/Kolkata")
    assert "Once: Monday, 10 March 2031 at 09:00, on the clocks of Asia/Kolkata." in said
    assert "Mon 10 Mar, 03:30" in said
    said, _mark = in_words(
        client, draft, repeat="monthly", starts_on="2031-01-31", ends="times", times="3", missed="late"
    )
    assert "On day 31 of every month (on its last day where it has fewer) at 09:00" in said
    assert "from 31 January 2031 to 31 March 2031." in said
    assert ["Fri 31 Jan 2031" in said, "Fri 28 Feb 2031" in said, "Mon 31 Mar 2031" in said] == [True] * 3
    assert "it is sent late, up to 2 hours" in said
    said, _mark = in_words(client, draft, repeat="weekly", days=["0", "4"], ends="day", until="2031-03-17")
    assert "Every Monday, Friday at 09:00" in said


def test_the_form_explains_what_daylight_saving_does(org: Org, signed_in: SignIn) -> None:
    client, draft = signed_in("Operator"), org.draft(GROUPS, [org.group()])
    gap, _mark = in_words(client, draft, zone="Europe/Berlin", starts_on="2031-03-30", at="02:30")
    assert "On 30 March 2031 there is no 02:30; it is sent at 03:30." in gap
    twice, _mark = in_words(client, draft, zone="Europe/Berlin", starts_on="2031-10-26", at="02:30")
    assert "On 26 October 2031 there are two 02:30; it is sent at the first." in twice


def test_the_form_says_until_when_quiet_hours_hold_it(org: Org, signed_in: SignIn) -> None:
    type(org.tenant).objects.update(quiet_from="08:00", quiet_until="10:00", time_zone="Asia/Kolkata")
    draft = org.draft(GROUPS, [org.group()])
    said, _mark = in_words(signed_in("Operator"), draft, zone="Asia/Kolkata")
    assert "Quiet hours: its calls wait until 10 March, 10:00 (Asia/Kolkata)" in said


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("starts_on", {"starts_on": "2020-01-01"}),
        ("starts_on", {"starts_on": "9000-01-01"}),
        ("zone", {"zone": "Mars/Base"}),
        ("days", {"repeat": "weekly"}),
        ("until", {"repeat": "daily", "ends": "day"}),
        ("until", {"repeat": "daily", "ends": "day", "until": "2031-03-01"}),
        ("times", {"repeat": "daily", "ends": "times"}),
        ("times", {"repeat": "daily", "ends": "times", "times": "0"}),
        ("late_hours", {"late_hours": "73"}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    org: Org, signed_in: SignIn, field: str, more: dict[str, str]
) -> None:
    draft = org.draft(GROUPS, [org.group()])
    answer = signed_in("Operator").post(url("when", draft.pk), form(draft, do="schedule", **more))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Schedule.objects.count() == 0


def test_a_new_form_begins_on_the_clock_of_who_writes(org: Org, signed_in: SignIn, person: Person) -> None:
    draft = org.draft(GROUPS, [org.group()])
    Profile.objects.create(user=person("Operator"), time_zone="Africa/Nairobi")
    page = signed_in("Operator").get(url("when", draft.pk) + "?repeat=weekly")
    assert page.context["form"].initial["zone"] == "Africa/Nairobi"
    assert "Every Monday to Friday at 09:00, on the clocks of Africa/Nairobi" in page.content.decode()


def test_only_what_was_shown_in_words_is_scheduled(org: Org, signed_in: SignIn) -> None:
    client, draft = signed_in("Operator"), org.draft(GROUPS, [org.group()])
    mark = in_words(client, draft)[1]
    other = form(draft, do="schedule", shown=mark, at="10:00")
    assert "Nothing is scheduled yet." in client.post(url("when", draft.pk), other).content.decode()
    assert Schedule.objects.count() == 0
    page = press(client, draft)
    assert page.redirect_chain[-1][0] == url("schedule", draft.pk)
    assert Broadcast.objects.get().state == "scheduled"
    assert plan_of(draft).next_at == NINE


def test_scheduled_is_changed_paused_resumed_and_taken_off_on_its_page(org: Org, signed_in: SignIn) -> None:
    client, draft = signed_in("Operator"), org.draft(GROUPS, [org.group()])
    press(client, draft, repeat="daily")
    press(client, draft, repeat="daily", at="10:00")
    assert plan_of(draft).next_at == NINE + HOUR
    seen = []
    for verb in ("pause", "pause", "resume", "cancel", "cancel"):
        at = url("schedule_do", draft.pk, verb)
        assert client.get(at).status_code == 200
        client.post(at, {"confirmed": "yes"})
        draft.refresh_from_db()
        seen.append((draft.state, plan_of(draft).state))
    assert seen == [("scheduled", "paused")] * 2 + [("scheduled", "active")] + [("draft", "stopped")] * 2
    page = client.get(url("schedule", draft.pk)).content.decode()
    assert "operator took it off the schedule" in page
    assert "Nothing comes by itself any more." in page


def test_out_of_turn_from_the_page_sends_once(org: Org, signed_in: SignIn) -> None:
    client, row = signed_in("Operator"), scheduled(org, daily())
    at = url("schedule_do", row.pk, "fire")
    for _click in range(2):
        client.post(at, {"confirmed": "yes", "last": "0"})
    assert Dispatch.objects.count() == 1
    firing = Firing.objects.get()
    assert (firing.outcome, firing.decided_by) == ("sent", User.objects.get(username="operator"))


def test_a_change_of_the_message_takes_it_off_the_schedule_until_its_times_are_said_again(
    org: Org, signed_in: SignIn
) -> None:
    client, row = signed_in("Operator"), scheduled(org, daily())
    assert "Saving takes it off" in client.get(url("compose", row.pk)).content.decode()
    services.save_draft(
        tenant=org.tenant,
        choice=services.Expression.of(row.audience),
        content={"message": "Other words"},
        by=None,
        broadcast=row,
    )
    row.refresh_from_db()
    assert (row.state, plan_of(row).state, plan_of(row).next_at) == ("draft", "proposed", None)
    assert services.fire_due(now=NINE) == 0
    assert "Say its times once more." in client.get(url("check", row.pk)).content.decode()
    press(client, row, repeat="daily")
    assert services.fire_due(now=NINE) == 1
    assert Broadcast.objects.exclude(pk=row.pk).get().content == {"message": "Other words"}


def test_a_missed_time_is_decided_from_the_home_page(org: Org, signed_in: SignIn) -> None:
    scheduled(org, daily())
    services.fire_due(now=NINE + HOUR)
    home = signed_in("Operator").get(reverse("admin:index"))
    assert [one.count for one in home.context["attention"] if "missed" in one.text] == [1]
    at = url("schedule_do", Broadcast.objects.get().pk, "send")
    assert f"{at}?firing={Firing.objects.get().pk}" in home.content.decode()
    assert "Leave out" not in signed_in("Viewer").get(reverse("admin:index")).content.decode()
    asked = {"firing": str(Firing.objects.get().pk), "confirmed": "yes"}
    assert signed_in("Viewer").post(at, asked).status_code == 403
    signed_in("Operator").post(at, asked)
    assert story() == [("10 09:00", "late")]
    home = signed_in("Operator").get(reverse("admin:index"))
    assert [one for one in home.context["attention"] if "missed" in one.text] == []


def test_the_agenda_shows_what_comes_and_came_and_costs_the_same_for_more(
    org: Org, signed_in: SignIn, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, client, at = org.group(), signed_in("Viewer"), url("agenda")
    monkeypatch.setattr("messaging.views.agenda.clock.now", lambda: NINE + HOUR)
    assert "Nothing is on the schedule" in client.get(at).content.decode()
    rows = [scheduled(org, daily(), draft=org.draft(GROUPS, [group], message=f"Daily {n}")) for n in range(3)]
    for n, row in enumerate(rows):
        firing = Firing(schedule=plan_of(row), due_at=NINE, outcome=["sent", "late", "asking"][n])
        firing.save()
    page = client.get(at)
    days = page.context["days"]
    assert [(len(day.past), len(day.coming)) for day in days] == [(3, 0)] + [(0, 3)] * 28
    assert [one.schedule.broadcast.title for one in page.context["asking"]] == ["Daily 2"]
    other = type(org.connector).objects.create(tenant=org.tenant, name="Other", api_root="http://127.0.0.1:1")
    assert sum(len(day.coming) for day in client.get(f"{at}?connector={other.pk}").context["days"]) == 0
    assert (
        sum(len(day.coming) for day in client.get(f"{at}?connector={org.connector.pk}").context["days"]) == 84
    )


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Approver", "Administrator"])
def test_every_schedule_page_opens_for_its_roles_only(org: Org, signed_in: SignIn, role: str) -> None:
    client, row = signed_in(role), scheduled(org, daily())
    assert client.get(url("schedule", row.pk)).status_code == 200
    assert client.get(url("agenda")).status_code == 200
    for at in (url("when", row.pk), url("schedule_do", row.pk, "pause")):
        assert client.get(at).status_code == (403 if role == "Viewer" else 200)
    quiet = client.post(url("quiet", row.pk), {"do": "ignore", "reason": "Flood"})
    assert quiet.status_code == (302 if role in ("Approver", "Administrator") else 403)


def test_who_may_sends_in_quiet_hours_with_a_reason_that_is_kept(org: Org, signed_in: SignIn) -> None:
    type(org.tenant).objects.update(quiet_from="00:00", quiet_until="23:59", many_people=0)
    client, draft = signed_in("Approver"), org.draft(GROUPS, [org.group()])
    client.post(url("quiet", draft.pk), {"do": "ignore", "reason": "  "})
    assert Broadcast.objects.get().ignore_quiet is False
    client.post(url("quiet", draft.pk), {"do": "ignore", "reason": "The dam"})
    row = Broadcast.objects.get()
    assert (row.ignore_quiet, row.quiet_reason) == (True, "The dam")
    assert "The dam" in client.get(url("check", draft.pk)).content.decode()
    client.post(url("quiet", draft.pk), {"do": "keep"})
    row.refresh_from_db()
    assert (row.ignore_quiet, row.quiet_reason) == (False, "")


def test_above_the_number_of_people_a_schedule_is_asked_for_and_approved_with_its_times(
    org: Org, signed_in: SignIn, person: Person
) -> None:
    type(org.tenant).objects.update(many_people=2)
    draft = services.save_draft(
        tenant=org.tenant,
        choice=services.Choice(GROUPS, (org.group().pk,)),
        content={"message": "Hello"},
        by=person("Operator"),
    )
    author, approver = signed_in("Operator"), signed_in("Approver")
    press(author, draft, do="schedule", repeat="daily", typed="3")
    assert Schedule.objects.count() == 0
    press(author, draft, do="ask", repeat="daily")
    draft.refresh_from_db()
    assert (draft.state, plan_of(draft).state) == ("awaiting", "proposed")
    assert services.fire_due(now=NINE) == 0
    page = approver.get(url("check", draft.pk)).content.decode()
    assert "Every day at 09:00, on the clocks of UTC, from 10 March 2031 until somebody stops it." in page
    said = {"people": "3", "draft": services.fingerprint(draft), "typed": "3", "do": "approve"}
    approver.post(url("approval", draft.pk), {**said, "asked": str(Approval.objects.get().pk)})
    draft.refresh_from_db()
    assert (draft.state, plan_of(draft).state, Dispatch.objects.count()) == ("scheduled", "active", 0)
    assert services.fire_due(now=NINE) == 1


__all__ = ["once"]


def test_a_draft_whose_times_came_is_not_thrown_away_with_its_history(
    org: Org, signed_in: SignIn, person: Person
) -> None:
    client, user = signed_in("Operator"), person("Operator")
    draft = scheduled(org, daily(), user)
    firing = Firing.objects.create(schedule=plan_of(draft), due_at=NINE, outcome="skipped")
    assert services.cancel_schedule(broadcast=draft, by=user) is True
    for said in ({}, {"confirmed": "yes"}):
        page = client.post(url("throw_away", draft.pk), said, follow=True)
        assert "must stay readable, so it stays" in page.content.decode()
        assert page.redirect_chain[-1][0] == url("schedule", draft.pk)
    assert list(Firing.objects.all()) == [firing]
    trail = [did for _entry, did in page.context["trail"]]
    assert trail == [f"{user} took it off the schedule", f"{user} scheduled it", "The console wrote it"]


def test_the_agenda_opens_the_next_seven_days_and_folds_the_rest(
    org: Org, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = scheduled(org, daily())
    monkeypatch.setattr("messaging.views.agenda.clock.now", lambda: NINE - HOUR)
    Firing.objects.create(schedule=plan_of(draft), due_at=NINE - 3 * ONE_DAY, outcome="skipped")
    weeks = signed_in("Viewer").get(url("agenda")).context["weeks"]
    assert [(week.title, week.times, week.open) for week in weeks] == [
        ("The next 7 days", 7, True),
        ("The week from 17 March", 7, False),
        ("The week from 24 March", 7, False),
        ("The week from 31 March", 7, False),
        ("What has come, the newest first", 1, False),
    ]


def test_an_agenda_that_is_too_long_says_what_it_leaves_out(
    org: Org, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, group = signed_in("Viewer"), org.group()
    monkeypatch.setattr("messaging.views.agenda.clock.now", lambda: NINE + HOUR)
    rows = [scheduled(org, daily(), draft=org.draft(GROUPS, [group])) for _n in range(3)]
    for row in rows:
        Firing.objects.create(schedule=plan_of(row), due_at=NINE, outcome="sent")
    assert client.get(url("agenda")).context["cut"] == []
    monkeypatch.setattr("messaging.views.agenda.MOST_SCHEDULES", 2)
    monkeypatch.setattr("messaging.views.agenda.MOST_PAST", 2)
    page = client.get(url("agenda"))
    told = [
        "There are more than 2 schedules. Here are those whose next times are the nearest.",
        "More than 2 times have come in these weeks. Here are the newest; each schedule has its own.",
    ]
    assert page.context["cut"] == told
    assert told[0] in page.content.decode()

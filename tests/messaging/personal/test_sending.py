"""A personal text from its sheet to the calls: one a person, each with its own words, also when retried."""

import io
from typing import Any

import pytest

from kaizala_admin.kaizala import FailedRecipient
from messaging import lines, services
from messaging.audience import Exclude, Expression, Include, personal
from messaging.models import AudienceLine, Broadcast, Dispatch
from tests.messaging.conftest import Org, Recorder, number

SHEET = "Mobile,Village,Due\n{0},Puri,5\n{1},Cuttack,\n{2},,7\n"


class Texts(Recorder):
    """Keeps the words too."""

    def send_message_to_subscribers(self, group_id: str, message: str, *args: Any, **more: Any) -> Any:
        sent = super().send_message_to_subscribers(group_id, message, *args, **more)
        self.said = [*getattr(self, "said", []), (message, self.calls[-1][2])]
        return sent


def sheet() -> list[lines.Line]:
    raw = SHEET.format(number(1), number(2), number(3)).encode()
    return lines.from_file(io.BytesIO(raw), len(raw), "IN")


def draft(org: Org, message: str, include: Include | None = None, **more: Any) -> Broadcast:
    said = Expression(include or Include(numbers=True), mode="mix", **more)
    return services.save_draft(
        tenant=org.tenant, choice=said, content={"message": message}, by=None, numbers=sheet()
    )


def test_each_person_gets_a_call_with_a_text_of_their_own(org: Org) -> None:
    org.public()
    row = draft(org, "{name|you}, {Village|here}: {due|soon} {{}}")
    assert row.columns == ["Village", "Due"]
    check = services.check(row)
    assert (check.people, check.dispatches, check.blockers) == (3, 3, [])
    assert services.launch(row, None, 3) is True
    client = Texts()
    client.drive(row)
    assert client.said == [
        ("Person 1, Puri: 5 {}", [number(1)]),
        ("Person 2, Cuttack: soon {}", [number(2)]),
        ("Person 3, here: 7 {}", [number(3)]),
    ]


def test_texts_are_filled_before_the_launch_takes_the_draft_so_that_nobody_who_writes_waits_for_it(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.public()
    row, seen, pages = draft(org, "{name|you}"), [], personal.pages

    def look(*args: Any) -> Any:
        for page in pages(*args):
            seen.append((Broadcast.objects.get(pk=row.pk).state, len(page)))
            yield page

    expected = services.check(row).people
    monkeypatch.setattr(personal, "pages", look)
    assert services.launch(row, None, expected) is True
    assert seen[-1] == ("draft", 3)
    assert {state for state, _people in seen} == {"draft"}
    assert [call.content for call in row.dispatches.order_by("pk")] == [
        {"message": f"Person {at}"} for at in (1, 2, 3)
    ]


def test_who_lacks_a_value_stops_the_launch_until_left_out(org: Org) -> None:
    org.public()
    row = draft(org, "Pay {due}")
    check = services.check(row)
    assert check.blockers == ["The text cannot be sent to 1 person as it is. Look at the list below."]
    assert check.faults is not None
    assert [(f.person.number, f.why) for f in check.faults.first] == [(number(2), "No value for {due}")]
    with pytest.raises(services.CannotLaunch):
        services.launch(row, None, 3)
    row = draft(org, "Pay {due}", exclude=Exclude(without_value=True))
    check = services.check(row)
    assert (check.people, check.dispatches, check.blockers, check.left_out[0][0]) == (2, 2, [], 1)
    assert services.launch(row, None, 2) is True
    assert sorted(row.dispatches.values_list("content__message", flat=True)) == ["Pay 5", "Pay 7"]


def test_a_text_too_long_for_one_person_is_said_before(org: Org) -> None:
    org.public()
    row = draft(org, "x" * 3_995 + "{village|there}")
    check = services.check(row)
    assert check.faults is not None
    assert [f.why for f in check.faults.first] == ["4,002 characters; at most 4,000 are allowed"]


def test_a_missing_column_and_a_whole_group_are_refused_in_words(org: Org) -> None:
    org.public()
    group = org.group()
    assert "nothing to put in for {district}" in services.check(draft(org, "{district}")).blockers[0]
    row = draft(org, "Dear {name}", Include(groups=(group.pk,)))
    assert "the same for everybody" in services.check(row).blockers[0]


def test_a_personal_text_to_all_subscribers_is_never_one_call(org: Org) -> None:
    public = org.public(people=range(1, 41))
    row = draft(org, "Dear {first name}", Include(public=(public.pk,)))
    assert services.check(row).dispatches == 40


def test_a_retry_says_the_same_although_the_mirror_changed(org: Org) -> None:
    public = org.public()
    row = draft(org, "Dear {name}")
    services.launch(row, None, 3)
    client = Texts(failed=(FailedRecipient(number(2), "", "Busy", "Busy"),))
    client.drive(row)
    public.subscribers.update(name="Somebody else")
    assert services.retry_failures(row, None) == 1
    client.failed = ()
    client.drive(row)
    assert client.said[-1] == ("Dear Person 2", [number(2)])
    assert Dispatch.objects.filter(broadcast=row).count() == 4


def test_a_copy_keeps_the_sheet(org: Org) -> None:
    org.public()
    copy = services.copy_as_draft(draft(org, "{village|x}"), None)
    assert copy.columns == ["Village", "Due"]
    assert [*AudienceLine.objects.filter(broadcast=copy).values_list("columns", flat=True)] == [
        {"village": "Puri", "due": "5"}, {"village": "Cuttack"}, {"due": "7"},
    ]  # fmt: skip

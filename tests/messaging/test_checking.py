import pytest
from django.utils import timezone

from groups import pace
from groups.models import Reach
from messaging import services

from .conftest import GROUPS, PEOPLE, PUBLIC, Org, number


def test_the_check_says_people_groups_calls_and_time(org: Org) -> None:
    draft = org.draft(PUBLIC, [org.public(people=range(4812))])
    found = services.check(draft)
    assert found.sentence == "4,812 people in 1 group, 161 calls, about 1 min 40 s"
    assert (found.calls, found.needs_many) == ({org.connector.pk: 161}, True)


def test_people_in_two_groups_count_once_and_are_said(org: Org) -> None:
    found = services.check(org.draft(GROUPS, [org.group("A", [1, 2, 3]), org.group("B", [3, 4])]))
    assert (found.people, found.dispatch_people) == (4, 5)
    words = "Who is in several of the groups gets a copy in each of them: %s more than people."
    assert found.warnings == [words % "1 copy"]
    three = services.check(org.draft(GROUPS, [org.group(name, [1, 2]) for name in ("C", "D", "E")]))
    assert (three.people, three.warnings) == (2, [words % "4 copies"])


def test_a_group_that_vanished_blocks(org: Org) -> None:
    group = org.group()
    draft = org.draft(GROUPS, [group])
    group.gone_at = timezone.now()
    group.save()
    found = services.check(draft)
    assert found.blockers == ["“Nurses” is not at Kaizala any more. Take it out, or sync and look again."]
    with pytest.raises(services.CannotLaunch):
        services.launch(draft, None, found.people)


def test_a_revoked_grant_blocks(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    org.grant.state = "revoked"
    org.grant.save()
    assert services.check(draft).blockers == [
        "Kaizala refused the grant “Whole” that reaches “Nurses”. Give it a new refresh token."
    ]


def test_a_connector_that_needs_attention_blocks(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    org.connector.health = "needs_attention"
    org.connector.save()
    assert services.check(draft).blockers == [
        "The connector “Main” that reaches “Nurses” needs attention. Mend it first."
    ]


def test_a_group_that_no_grant_reaches_blocks(org: Org) -> None:
    draft = org.draft(GROUPS, [org.group()])
    Reach.objects.all().delete()
    assert services.check(draft).blockers == [
        "No grant reaches “Nurses”. Sync the connector, or add a grant that reaches it."
    ]


def test_a_public_group_where_we_are_only_a_member_blocks(org: Org) -> None:
    draft = org.draft(PUBLIC, [org.public()])
    Reach.objects.update(role="Member")
    assert services.check(draft).blockers == [
        "The grant that reaches “Farmers” is not an Admin there, so Kaizala would refuse."
    ]


def test_a_public_group_is_not_written_to_as_a_whole_by_mistake(org: Org) -> None:
    assert services.check(org.draft(GROUPS, [org.public()])).blockers == [
        "“Farmers” is a public group. Choose “All subscribers” or “Chosen people” for it."
    ]


def test_an_empty_audience_blocks(org: Org) -> None:
    assert services.check(org.draft(GROUPS, [])).blockers == ["Nobody is chosen. Choose at least one group."]


def test_numbers_that_nobody_has_block(org: Org) -> None:
    found = services.check(org.draft(PEOPLE, [org.public()], number(99)))
    assert found.blockers == ["None of the numbers can be written to. Look at the lines below."]


@pytest.mark.parametrize("message", ["", "   ", "x" * 4001])
def test_a_message_that_kaizala_would_not_take_blocks(org: Org, message: str) -> None:
    found = services.check(org.draft(GROUPS, [org.group()], message=message))
    assert len(found.blockers) == 1


def test_the_slower_of_connector_and_tenant_sets_the_time(org: Org) -> None:
    alone = pace.seconds({org.connector.pk: 1000})
    org.tenant.calls_per_minute = 50
    org.tenant.save()
    assert pace.seconds({org.connector.pk: 1000}) > alone * 1.8


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "a few seconds"),
        (40, "about 40 s"),
        (100, "about 1 min 40 s"),
        (120, "about 2 min"),
        (7500, "about 2 h 5 min"),
    ],
)
def test_time_is_said_in_words(seconds: int, words: str) -> None:
    assert pace.in_words(seconds) == words

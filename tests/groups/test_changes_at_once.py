"""Two people change the same group at once: each is told what came of it, and nothing is lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from groups.changes import services
from groups.changes.models import GroupChange
from groups.models import Member

from .changing import again, ordinary, outcomes, run_all, some_people, unlimited
from .conftest import Service

A, B, C = "+919812300001", "+919812300002", "+919812300003"


@pytest.fixture
def synced(service: Service) -> Service:
    unlimited()
    some_people(service)
    return service


def test_both_are_told_and_the_service_and_the_mirror_agree(synced: Service) -> None:
    group = ordinary()
    anna, bela = (User.objects.create(username=name) for name in ("anna", "bela"))
    leaver, other = (
        group.members.filter(gone_at=None, role="Member").exclude(mobile_number="").order_by("pk")[:2]
    )
    hers = services.add_members(group=group, numbers=[A, B], by=anna)
    his = services.add_members(group=group, numbers=[B, C], by=bela)
    hers += services.remove_members(group=group, members=[leaver, other], by=anna)
    his += services.remove_members(group=group, members=[other], by=bela)
    his.append(services.set_role(group=group, member=leaver, role="Admin", by=bela))
    run_all()
    told = [outcomes(change) for change in hers]
    assert told == [
        {A: "added", B: "added"},
        {leaver.mobile_number: "removed"},
        {other.mobile_number: "removed"},
    ]
    told = [outcomes(change) for change in his]
    assert told == [
        {B: "there", C: "added"},
        {other.mobile_number: "absent"},
        {leaver.mobile_number: "refused"},
    ]
    assert again(his[-1]).results[leaver.mobile_number][1] != ""
    assert set(GroupChange.objects.values_list("created_by__username", flat=True)) == {"anna", "bela"}
    there = [one.mobile_number for one in synced.client.fetch_members(group.group_id)]
    assert (len(there), {A, B, C} - set(there)) == (len(set(there)), set())
    assert {leaver.mobile_number, other.mobile_number} & set(there) == set()
    here = Member.objects.filter(group=group, gone_at=None).values_list("mobile_number", flat=True)
    assert sorted(here) == sorted(there)

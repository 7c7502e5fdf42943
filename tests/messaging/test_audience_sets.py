"""Any audience expression comes to the same people as a plain computation over Python sets."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import Group, GroupLink, Member, Subscriber
from messaging import audience, lines
from messaging.audience import Exclude, Expression, Include, Plan
from messaging.audience.plan import calls_of
from messaging.audience.rules import Rules
from messaging.models import Broadcast, Delivery, Dispatch, DoNotContact, SavedAudience

from .conftest import Org, number

PEOPLE = range(24)
GROUPS, PUBLICS = 4, 3
NEW = 3  # days since the newer half of them was first seen
BACK = 5  # every fifth came back as lately
SAVED: list[dict[str, Any]] = [
    {"who": "members", "role": "Admin"},
    {"registered": "yes"},
    {"who": "subscribers", "name": "on 1"},
    {"countries": ["+91980000000", "+91980000002"]},
    {"who": "members", "sub_groups": True, "groups": [0]},
    {"joined_days": 30},
]


@dataclass
class World:
    """The mirror as dictionaries of sets, beside the mirror as rows. Groups are numbered from 0."""

    org: Org
    groups: list[Group] = field(default_factory=list)  # conversation groups, then public ones
    people: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)
    children: dict[int, set[int]] = field(default_factory=dict)
    saved: list[SavedAudience] = field(default_factory=list)
    barred: set[int] = field(default_factory=set)
    earlier: list[tuple[Broadcast, set[int], set[int], int]] = field(default_factory=list)

    def below(self, of: set[int]) -> set[int]:
        found, todo = set(of), list(of)
        while todo:
            new = self.children.get(todo.pop(), set()) - found
            found |= new
            todo += new
        return found

    def of(self, groups: set[int]) -> set[int]:
        return {at for group in groups for at in self.people[group]}


def build(org: Org, seed: int) -> World:
    """A small organisation at random, the same for the same seed."""
    chance = random.Random(seed)
    world = World(org)
    for at in range(GROUPS + PUBLICS):
        some = chance.sample(PEOPLE, chance.randint(2, 14))
        public = at >= GROUPS
        make = org.public if public else org.group
        group = make(f"G{at}", some)
        world.groups.append(group)
        told: dict[int, dict[str, Any]] = {
            one: {"registered": chance.random() < 0.5, "old": chance.random() < 0.5} for one in some
        }
        for one, facts in told.items():
            facts["role"] = chance.choice(["Admin", "Member"])
            _tell(group, one, facts, public)
        world.people[at] = told
    for parent, child in ((0, 1), (1, 2), (1, 4), (2, 0)):
        GroupLink.objects.create(
            parent=world.groups[parent], child=world.groups[child], first_seen_at=timezone.now()
        )
        world.children.setdefault(parent, set()).add(child)
    for at, rules in enumerate(SAVED):
        keys = {**rules, "groups": [world.groups[one].pk for one in rules.get("groups", ())]}
        world.saved.append(SavedAudience.objects.create(tenant=org.tenant, name=f"S{at}", rules=keys))
    world.barred = set(chance.sample(PEOPLE, 3))
    DoNotContact.objects.bulk_create(
        [DoNotContact(tenant=org.tenant, mobile_number=number(at)) for at in world.barred]
    )
    for days in (2, 20):
        world.earlier.append(_earlier(world, chance, days))
    return world


def _tell(group: Group, at: int, facts: dict[str, Any], public: bool) -> None:
    lately = timezone.now() - timedelta(days=NEW)
    seen = timezone.now() - timedelta(days=60) if facts["old"] else lately
    values: dict[str, Any] = {"is_provisioned": facts["registered"], "first_seen_at": seen}
    values["back_at"] = None if at % BACK else lately
    if public:
        Subscriber.objects.filter(group=group, person_id=f"p{at}").update(**values)
    else:
        Member.objects.filter(group=group, person_id=f"p{at}").update(role=facts["role"], **values)


def _earlier(world: World, chance: random.Random, days: int) -> tuple[Broadcast, set[int], set[int], int]:
    """A broadcast that reached some, failed for others, and went to the first group as a whole."""
    org, at = world.org, timezone.now() - timedelta(days=days)
    row = Broadcast.objects.create(
        tenant=org.tenant, title="Old", state="finished", launched_at=at, finished_at=at
    )
    where = {"broadcast": row, "group": world.groups[GROUPS]}
    call = Dispatch.objects.create(
        **where, mode="batch", connector=org.connector, grant=org.grant, state="sent", settled_at=at
    )
    some = chance.sample(PEOPLE, 8)
    for one in some:
        state = "sent" if one % 3 else "failed"
        Delivery.objects.create(**where, dispatch=call, mobile_number=number(one), state=state)
    whole = {**where, "group": world.groups[0]}
    Delivery.objects.create(**whole, dispatch=call, name="G0", people=3, state="sent")
    there = {one for one, facts in world.people[0].items() if facts["old"] or days < NEW}
    return row, {one for one in some if one % 3} | there, set(some), days


def saved_people(world: World, at: int) -> set[int]:
    rules, found = SAVED[at], set()
    groups = world.below(set(rules["groups"])) if rules.get("groups") else set(world.people)
    for group in groups:
        public = group >= GROUPS
        if (rules.get("who") == "members" and public) or (rules.get("who") == "subscribers" and not public):
            continue
        for one, facts in world.people[group].items():
            if "role" in rules and (public or facts["role"] != rules["role"]):
                continue
            if "registered" in rules and not facts["registered"]:
                continue
            if "name" in rules and rules["name"] not in f"person {one}":
                continue
            if "countries" in rules and not number(one).startswith(tuple(rules["countries"])):
                continue
            if "joined_days" in rules and facts["old"] and one % BACK:
                continue
            found.add(one)
    return found


def expected(world: World, said: dict[str, Any]) -> tuple[set[int], set[int]]:
    """(whole groups that are called, people who are named), by nothing but sets."""
    chosen = world.below(said["groups"]) if said["sub_groups"] else set(said["groups"])
    singles = said["one_by_one"]
    whole = {one for one in chosen if one < GROUPS} - singles
    direct = {one for one in chosen if one >= GROUPS} | said["public"]
    if said["every_public"]:
        direct |= set(range(GROUPS, GROUPS + PUBLICS))
    meant = (
        world.of(singles) | said["numbers"] | {one for at in said["saved"] for one in saved_people(world, at)}
    )
    carriers = said["through"] or set(range(GROUPS, GROUPS + PUBLICS))
    named = world.of(direct) | (meant & world.of(carriers | direct))
    out = world.of(whole)
    if said["do_not_contact"]:
        out = out | world.barred
    left = world.below(said["left_groups"]) if said["left_sub_groups"] else said["left_groups"]
    out = out | world.of(left) | {one for at in said["left_saved"] for one in saved_people(world, at)}
    for at, (_row, reached, _listed, days) in enumerate(world.earlier):
        if at in said["reached_by"] or days < said["reached_days"]:
            out = out | reached
    return whole, named - out


def written(world: World, said: dict[str, Any]) -> Expression:
    def keys(some: set[int]) -> tuple[int, ...]:
        return tuple(world.groups[at].pk for at in sorted(some))

    return Expression(
        include=Include(
            groups=keys(said["groups"]),
            sub_groups=said["sub_groups"],
            one_by_one=keys(said["one_by_one"]),
            public=keys(said["public"]),
            every_public=said["every_public"],
            saved=tuple(world.saved[at].pk for at in said["saved"]),
            numbers=bool(said["numbers"]),
        ),
        exclude=Exclude(
            groups=keys(said["left_groups"]),
            sub_groups=said["left_sub_groups"],
            saved=tuple(world.saved[at].pk for at in said["left_saved"]),
            do_not_contact=said["do_not_contact"],
            reached_by=tuple(world.earlier[at][0].pk for at in said["reached_by"]),
            reached_days=said["reached_days"],
        ),
        through=keys(said["through"]),
        plan=said["plan"],
    )


def some_of(first: int, last: int) -> Any:
    return st.sets(st.integers(first, last - 1), max_size=3)


EXPRESSIONS = st.fixed_dictionaries(
    {
        "groups": some_of(0, GROUPS),
        "sub_groups": st.booleans(),
        "one_by_one": some_of(0, GROUPS),
        "public": some_of(GROUPS, GROUPS + PUBLICS),
        "every_public": st.booleans(),
        "saved": some_of(0, len(SAVED)),
        "numbers": st.sets(st.sampled_from(PEOPLE), max_size=6),
        "left_groups": some_of(0, GROUPS + PUBLICS),
        "left_sub_groups": st.booleans(),
        "left_saved": some_of(0, len(SAVED)),
        "do_not_contact": st.booleans(),
        "reached_by": some_of(0, 2),
        "reached_days": st.sampled_from([0, 7, 30]),
        "through": some_of(GROUPS, GROUPS + PUBLICS),
        "plan": st.sampled_from(list(Plan)),
    }
)
ONE_WORLD = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.parametrize("seed", [1, 2])
def test_each_saved_audience_finds_whom_its_rules_mean(org: Org, seed: int) -> None:
    world = build(org, seed)
    for at, saved in enumerate(world.saved):
        rows = Rules.of(saved.rules).people(org.tenant)
        found = {one for some in rows for one in some.values_list("mobile_number", flat=True)}
        assert found == {number(one) for one in saved_people(world, at)}, saved.rules


@pytest.mark.parametrize("seed", [1, 2])
def test_any_expression_comes_to_what_plain_sets_come_to(org: Org, seed: int) -> None:
    world = build(org, seed)
    draft = Broadcast.objects.create(tenant=org.tenant, title="Any")
    numbers_of = {number(at): at for at in PEOPLE}

    @settings(max_examples=40, deadline=None, suppress_health_check=ONE_WORLD)
    @given(EXPRESSIONS)
    def holds(said: dict[str, Any]) -> None:
        lines.store(draft, lines.from_numbers([number(at) for at in sorted(said["numbers"])], "IN"))
        expression = written(world, said)
        assert Expression.of(expression.as_json()) == expression
        Broadcast.objects.filter(pk=draft.pk).update(audience=expression.as_json())
        draft.refresh_from_db()
        whole, named = expected(world, said)
        with audience.taken(draft) as snapshot:
            with connection.cursor() as cursor:
                cursor.execute("SELECT number FROM kza_target WHERE why IS NULL")
                found = [numbers_of[row[0]] for row in cursor.fetchall()]
            calls = calls_of(snapshot)
        assert sorted(found) == sorted(named)
        called = {leg.group.pk for leg in calls.legs if leg.mode == "group"}
        assert called == {world.groups[at].pk for at in whole}
        assert calls.people == len(world.of(whole)) + len(named)
        for leg in calls.legs:
            if leg.mode == "all":
                followers = world.people[[one.pk for one in world.groups].index(leg.group.pk)]
                assert leg.people == len(followers)
                assert set(followers) <= named

    holds()

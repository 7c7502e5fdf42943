"""F16: whatever is posted, the receiver answers, loses nothing that is valid, and the mirror stays whole.

About 1,000 bodies; 10,000 with KAIZALA_FAULTS=full.
"""

from __future__ import annotations

import gc
import json
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from groups.models import Group, GroupLink, Member
from kaizala_admin.webhooks import storing, working
from kaizala_admin.webhooks.models import Event, Subscription
from kaizala_admin.webhooks.receiver import Receiver
from surveys.models import Response
from tests.faults.sizes import EVERYTHING, SEED

from .samples import DATA, envelope

pytestmark = pytest.mark.django_db
TOGETHER = 25  # bodies in one example
EXAMPLES = 400 if EVERYTHING else 40
SLOWEST = 0.1  # seconds of this thread's own time
view = Receiver.as_view()

odd_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "\0", "\ud800", "'; --", "<script>", "9" * 500, [], {}, [[[[]]]], {"title": []}]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a body."""
    found = [way] if way else []
    if isinstance(value, dict):
        return found + [place for key in value for place in places(value[key], (*way, key))]
    if isinstance(value, list):
        return found + [place for at in range(len(value)) for place in places(value[at], (*way, at))]
    return found


def changed(value: Any, way: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy in which `change(parent, key)` was done at the end of the way."""
    copy = json.loads(json.dumps(value))
    parent = copy
    for step in way[:-1]:
        parent = parent[step]
    change(parent, way[-1])
    return copy


def drop(parent: Any, key: Any) -> None:
    del parent[key]


def shout(parent: Any, key: Any) -> None:
    if isinstance(parent, dict):
        parent[str(key).upper()] = parent.pop(key)


def replace(value: Any) -> Callable[[Any, Any], None]:
    def change(parent: Any, key: Any) -> None:
        parent[key] = value

    return change


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """One of the samples, unharmed in its structure or hurt a little, or bytes of any kind."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(min_size=1, max_size=400))
    said: Any = envelope(draw(st.sampled_from(sorted(DATA))), f"e-{draw(st.integers(0, 10**9))}")
    for _ in range(draw(st.integers(0, 4))):
        ways = places(said)
        if not ways:
            break
        way = draw(st.sampled_from(ways))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            said = changed(said, way, drop)
        elif kind == 1:
            said = changed(said, way, shout)
        else:
            said = changed(said, way, replace(draw(odd_values)))
    raw = json.dumps(said, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=3)) + raw[at + draw(st.integers(0, 3)) :]
    return raw or b" "


@pytest.fixture
def group(hook: Subscription) -> Group:
    """The group that the samples are about, with somebody to remove."""
    group = Group.objects.create(
        tenant=hook.connector.tenant,
        group_id="group-1",
        name="North",
        first_seen_at=timezone.now(),
        member_count=1,
    )
    Member.objects.create(
        group=group, person_id="p-3", mobile_number="+919811100002", first_seen_at=timezone.now()
    )
    return group


def deliver(hook: Subscription, body: bytes) -> int:
    request = RequestFactory().post(
        hook.path, data=body, content_type="application/json", HTTP_KZ_CALLBACK_TOKEN=hook.callback_token
    )
    return int(view(request, hook=hook.pk, token=hook.path_token).status_code)


@contextmanager
def no_collection() -> Iterator[None]:
    """Python's collector looks through all that the whole suite has left: that is not the receiver's time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_whatever_comes_is_answered_and_kept(
    hook: Subscription, group: Group, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "LONGEST_RUN", 600.0)
    caplog.set_level(logging.DEBUG)

    @limits(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not EVERYTHING,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(bodies(), min_size=TOGETHER, max_size=TOGETHER))
    def run(some: list[bytes]) -> None:
        before = Event.objects.count()
        known = set(Event.objects.values_list("digest", flat=True))
        slowest = 0.0
        with no_collection():
            for body in some:
                began = time.thread_time()
                assert deliver(hook, body) == 200
                slowest = max(slowest, time.thread_time() - began)
        new = {storing.digest(body) for body in some} - known
        assert Event.objects.count() - before == len(new)
        assert slowest < SLOWEST
        valid = envelope("TextMessageCreated", f"valid-{before}")
        assert deliver(hook, json.dumps(valid).encode()) == 200
        working.work_off()
        last = Event.objects.order_by("-pk")[0]
        assert (last.state, last.event_type) == ("done", "TextMessageCreated")

    run()
    Event.objects.filter(state="waiting").update(lease_until=None)
    while working.work_off():
        Event.objects.filter(state="waiting").update(lease_until=None)
    assert not Event.objects.filter(state="waiting").exists()
    assert "Asha Rao" not in caplog.text
    assert "9876543210" not in caplog.text


def mirror() -> list[Any]:
    """What the events have come to."""
    members = [(row.person_id, row.role, row.gone_at is None) for row in Member.objects.order_by("person_id")]
    links = [(link.child.group_id, link.gone_at is None) for link in GroupLink.objects.order_by("child_id")]
    answers = Response.objects.order_by("response_id").values_list("response_id", flat=True)
    counts = Group.objects.order_by("group_id").values_list("group_id", "member_count", "has_sub_groups")
    return [members, links, list(answers), list(counts)]


@pytest.mark.parametrize("turn", range(20 if EVERYTHING else 3))
def test_each_event_three_times_in_any_order_comes_to_the_same_mirror(
    hook: Subscription, group: Group, turn: int
) -> None:
    """Also answers that come before the survey that they belong to, and repeats under another event ID."""
    chance = random.Random(SEED + turn)
    once = [json.dumps(envelope(name, f"e-{name}")).encode() for name in sorted(DATA)]
    renamed = [
        json.dumps(envelope(name, f"again-{name}")).encode()
        for name in sorted(DATA)
        if {"responseId", "actionId"} & set(DATA[name])
    ]
    for body in once:
        deliver(hook, body)
    working.work_off()
    assert not Event.objects.filter(state__in=["failed", "waiting", "parked"]).exists()
    expected = mirror()
    for table in (Event, Response, GroupLink):
        table.objects.all().delete()
    Member.objects.exclude(person_id="p-3").delete()
    Member.objects.update(gone_at=None, event_at=None)
    Group.objects.exclude(pk=group.pk).delete()
    Group.objects.update(member_count=1, has_sub_groups=False)
    thrice = [*once * 3, *renamed]
    chance.shuffle(thrice)
    for place, body in enumerate(thrice):
        deliver(hook, body)
        if place % 7 == turn:
            working.work_off()
    working.work_off()
    assert mirror() == expected
    assert Event.objects.count() == len({*once, *renamed})
    assert not Event.objects.filter(state__in=["failed", "waiting", "parked"]).exists()

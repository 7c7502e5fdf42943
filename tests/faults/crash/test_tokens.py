"""F12 and F13: many meet an expired token at once; a process dies around a rotation."""

from collections.abc import Callable, Iterator

import pytest

from kaizala_admin.connectors import tokens
from kaizala_admin.connectors.clients import client_for
from kaizala_admin.connectors.models import Connector, Grant, Lease
from kaizala_admin.kaizala import KaizalaClient
from tests.faults import tally
from tests.faults.crash import forks
from tests.faults.crash.test_answers import sent_later
from tests.faults.harness import FaultHouse, public, work_off
from tests.faults.sizes import SIZES

DAY = 86_400  # seconds


def asked_for_tokens(house: FaultHouse) -> int:
    counts = house.get("/sandbox/calls")["byOperation"]
    return int(counts.get("generate_access_token", {"total": 0})["total"])


def test_many_processes_that_meet_an_expired_token_make_one_refresh(
    house: FaultHouse, connector: Connector
) -> None:
    grant = Grant.objects.select_related("connector").get()
    tokens.ensure_access(grant)
    Grant.objects.update(refreshed_at=None)
    house.delete("/sandbox/calls")
    group_id = public().group_id

    def work() -> None:
        tokens.ensure_access(grant, force=True)
        assert client_for(grant).fetch_group(group_id)

    children = [forks.fork(work) for _ in range(SIZES.waiting)]
    assert [forks.ending(child) for child in children] == [0] * SIZES.waiting
    assert asked_for_tokens(house) == 1


# Where the process dies, and whether that costs the grant: Kaizala ends the old token with its answer
# (contract 3.4), and nobody but the dead process has seen the new one.
POINTS: list[tuple[str, Callable[[], None], bool]] = [
    ("before the call", lambda: forks.die_before(KaizalaClient, "generate_access_token"), False),
    ("with the answer in hand", lambda: forks.die_after(KaizalaClient, "generate_access_token"), True),
    ("once the answer is stored", lambda: forks.die_after(tokens, "_store"), False),
]


def rotate(house: FaultHouse) -> Grant:
    """Day 330 of the refresh token's life: the next answer brings a new one."""
    house.post("/sandbox/clock", advanceSeconds=330 * DAY)
    Grant.objects.update(access_expires_at=None)
    return Grant.objects.select_related("connector").get()


def a_minute_passes() -> None:
    """The lease of the process that died ends."""
    Lease.objects.filter(name__startswith="token:").update(expires_at=None)


@pytest.fixture
def fresh(house: FaultHouse, connector: Connector) -> Iterator[None]:
    """The sandbox's tokens as seeded afterwards: these tests rotate them."""
    yield
    house.post("/sandbox/clock", reset=True)
    house.renew_grant()


def a_person_helps(house: FaultHouse, connector: Connector) -> None:
    """Everybody sees what is wrong; a new token is pasted, and the waiting rows go."""
    known = Connector.objects.get()
    assert known.health == Connector.Health.NEEDS_ATTENTION
    assert "Get a new token for it." in known.health_reason
    house.renew_grant()
    Connector.objects.update(health=Connector.Health.WORKING)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(("where", "mine", "costly"), POINTS, ids=[point[0] for point in POINTS])
def test_a_death_around_a_rotation_loses_nobody(
    house: FaultHouse, connector: Connector, where: str, mine: Callable[[], None], costly: bool
) -> None:
    Connector.objects.update(batch_size=50)
    found = tally.Count()
    for number in range(SIZES.rotations):
        house.renew_grant()
        grant = rotate(house)

        def work(grant: Grant = grant) -> None:
            mine()
            tokens.ensure_access(grant)

        assert forks.run(work) == forks.KILLED
        a_minute_passes()
        broadcast = house.to_all(f"{where} of a rotation {number}", public(3))
        work_off(connector)
        after = Grant.objects.get()
        assert (after.state == Grant.State.REVOKED, bool(after.refresh_token)) == (costly, True)
        if costly:
            a_person_helps(house, connector)
            assert sent_later(connector, broadcast)
        found += house.count(broadcast)
    tally.keep(f"F13 kill -9 in a token rotation, {where}", SIZES.rotations, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


@pytest.mark.usefixtures("fresh")
def test_a_lost_answer_of_a_token_call_costs_nothing(house: FaultHouse, connector: Connector) -> None:
    Connector.objects.update(batch_size=50)
    found = tally.Count()
    for number in range(SIZES.rotations):
        house.renew_grant()
        house.delete("/sandbox/faults")
        house.fault("cut-after", operation="generate_access_token", times=1)
        broadcast = house.to_all(f"The new token was lost {number}", public(3))
        work_off(connector)
        assert house.struck() == 1
        assert sent_later(connector, broadcast)
        found += house.count(broadcast)
    tally.keep("F13 the answer of a token call is lost", SIZES.rotations, found)
    assert (found.sent, found.broken_promises) == (found.people, {})


@pytest.mark.usefixtures("fresh")
def test_answers_without_a_refresh_token_never_lose_the_one_we_have(house: FaultHouse) -> None:
    house.renew_grant()
    ours = Grant.objects.get().refresh_token
    for _ in range(SIZES.rotations):
        Grant.objects.update(access_expires_at=None)
        tokens.ensure_access(Grant.objects.select_related("connector").get())
        assert Grant.objects.get().refresh_token == ours

"""Events: how fast the receiver stores them, and how fast they are worked off."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.ground import Ground, empty_tables
from benchmarks.measure import Line, in_turn, milliseconds, percent, times
from groups.models import Group, Member
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.embedded.children import WEB_THREADS
from kaizala_admin.embedded.ports import HOST, any_free
from kaizala_admin.webhooks import storing, working
from kaizala_admin.webhooks.models import Event, Subscription

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 8
GROUPS = 20
FLOOR_BATCH = 100  # rows in one statement of the bare insert
REPEATS = 10  # one delivery in so many comes again


def measure(ground: Ground) -> Iterator[Line]:
    """The receiver beside a view that only answers 200; working off beside a bare bulk insert."""
    ground.rest()
    empty_tables()
    hook = _subscription()
    yield from _receiver(ground, hook)
    yield _working_off(ground, hook)


def _subscription() -> Subscription:
    tenant = Tenant.objects.create(name="Benchmark")
    connector = Connector.objects.create(
        tenant=tenant, name="Main", api_root="http://127.0.0.1:9", application_id="a", application_secret="s"
    )
    grant = Grant.objects.create(connector=connector, name="Whole", refresh_token="r")
    now = timezone.now()
    Group.objects.bulk_create(
        Group(tenant=tenant, group_id=f"group-{at}", name=f"Group {at}", first_seen_at=now)
        for at in range(GROUPS)
    )
    hook = Subscription(connector=connector, grant=grant, object_id="group-0", state="active")
    hook.keep_digests()
    hook.save()
    return hook


def body(number: int) -> bytes:
    """Somebody joins, in 0.5 KB."""
    at = number % GROUPS
    data = {
        "member": f"+9198{number:08d}",
        "memberId": f"person-{number}",
        "memberName": f"Person number {number}",
        "memberProfilePic": "",
        "type": "Member",
    }
    said = {
        "objectId": f"group-{at}",
        "objectType": "Group",
        "eventType": "MemberAdded",
        "eventId": str(uuid.uuid4()),
        "data": data,
        "context": "",
        "fromUser": "+919876543210",
        "fromUserId": str(uuid.uuid4()),
        "fromUserName": "Asha Rao",
        "fromUserProfilePic": "",
        "subscriptionId": str(uuid.uuid4()),
    }
    return json.dumps(said).encode()


@dataclass(frozen=True)
class Knocked:
    """What one round of requests came to; `p99` in seconds."""

    rate: float
    p99: float
    wrong: int


def _receiver(ground: Ground, hook: Subscription) -> Iterator[Line]:
    with _web(ground) as port:
        headers = {"kz-callback-token": hook.callback_token}
        bare, real = [], []
        for _ in range(ground.size.rounds):
            bare.append(_knock(port, "/bare", {}, ground.size.knocks))
            real.append(_knock(port, hook.path, headers, ground.size.knocks))
    stored = Event.objects.count()
    assert sum(one.wrong for one in (*bare, *real)) == 0, "not every answer was 200"
    wanted = ground.size.rounds * ground.size.knocks
    assert stored == wanted - wanted // REPEATS, f"{stored} of {wanted} are stored"
    floor, figure = _middle([one.rate for one in bare]), _middle([one.rate for one in real])
    ratio = figure / floor
    yield Line(
        "events stored a second, 8 connections, one web process",
        f"{figure:,.0f}/s",
        f"{floor:,.0f}/s",
        percent(ratio),
        "50 % of a view that only answers",
        ratio >= 0.5 if ground.size.is_full else None,
    )
    floor, figure = _middle([one.p99 for one in bare]), _middle([one.p99 for one in real])
    yield Line(
        "the slowest of a hundred answers",
        milliseconds(figure),
        milliseconds(floor),
        times(figure / floor),
        "5 x of that view's",
        figure <= 5 * floor if ground.size.is_full else None,
    )


@contextmanager
def _web(ground: Ground) -> Iterator[int]:
    """One web process as `bin/run` starts it, with one view more."""
    port = any_free()
    command = [
        *(sys.executable, "-m", "gunicorn", "kaizala_admin.wsgi:application", "--bind", f"{HOST}:{port}"),
        *("--worker-class", "kaizala_admin.serving.PatientWorker", "--workers", "1"),
        *("--threads", str(WEB_THREADS), "--log-level", "warning", "--no-control-socket"),
    ]
    env = _environment()
    with (ground.folder / "web.log").open("w") as log:
        child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait_for(port)
            yield port
        finally:
            child.terminate()
            child.wait(30)


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.hook_settings"}


def _wait_for(port: int) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            if _knock(port, "/bare", {}, CONNECTIONS).wrong == 0:
                return
        except subprocess.CalledProcessError:
            time.sleep(0.2)
    raise TimeoutError("the web process does not answer")


def _knock(port: int, path: str, headers: dict[str, str], count: int) -> Knocked:
    """From a process of its own, so that nothing of ours competes for this one's lock."""
    bodies: list[bytes] = []
    for number in range(count):
        again = number % REPEATS == REPEATS - 1
        bodies.append(bodies[-1] if again else body(number))
    asked = {
        "port": port,
        "path": path,
        "headers": headers,
        "connections": CONNECTIONS,
        "bodies": [one.decode() for one in bodies],
    }
    command = [sys.executable, "-m", "benchmarks.knock"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    seconds = sorted(told["seconds"])
    return Knocked(count / told["all"], seconds[int(len(seconds) * 0.99)], told["wrong"])


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _working_off(ground: Ground, hook: Subscription) -> Line:
    count = ground.size.events
    groups = list(Group.objects.order_by("pk"))

    def bare() -> float:
        """The rows that result, and nothing else."""
        _forget()
        began, now = time.monotonic(), timezone.now()
        for start in range(0, count, FLOOR_BATCH):
            rows = [
                Member(
                    group=groups[number % GROUPS],
                    person_id=f"person-{number}",
                    mobile_number=f"+9198{number:08d}",
                    name=f"Person number {number}",
                    first_seen_at=now,
                    event_at=now,
                )
                for number in range(start, min(count, start + FLOOR_BATCH))
            ]
            with transaction.atomic():
                Member.objects.bulk_create(rows)
        return count / (time.monotonic() - began)

    def real() -> float:
        _forget()
        _store(hook, count)
        began = time.monotonic()
        while working.work_batch():
            pass
        rate = count / (time.monotonic() - began)
        assert Member.objects.count() == count
        assert not Event.objects.exclude(state="done").exists()
        return rate

    floor, figure = in_turn(bare, real, ground.size.rounds)
    _forget()
    return Line(
        f"{count:,} stored events worked off, {working.most()} at a time",
        f"{figure:,.0f}/s",
        f"{floor:,.0f}/s",
        percent(figure / floor),
        "33 % of a bare bulk insert, 100 at a time",
        figure >= floor / 3 if ground.size.is_full else None,
    )


def _store(hook: Subscription, count: int) -> None:
    for start in range(0, count, 5_000):
        bodies = [body(number) for number in range(start, min(count, start + 5_000))]
        Event.objects.bulk_create(
            Event(subscription=hook, body=one, size=len(one), digest=storing.digest(one)) for one in bodies
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _forget() -> None:
    Member.objects.all().delete()
    Event.objects.all().delete()
    Group.objects.update(member_count=0)

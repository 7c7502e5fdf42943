"""All members of a large group in one answer: read and written as a worker does it, in one transaction."""

import json
import time
from collections.abc import Iterator
from functools import partial

from django.db import transaction
from django.utils import timezone

from benchmarks import tables
from benchmarks.ground import empty_tables
from benchmarks.measure import Line, times
from groups.models import Group, SyncRun
from groups.sync import record
from groups.sync.fetching import ONLY_MEMBERS
from kaizala_admin.connectors.models import Connector, Grant, Tenant
from kaizala_admin.kaizala.results.people import read_members
from kaizala_admin.outbox.models import State

MOST = 300_000  # members of one group (contract 5)


def whole_lists(few: int, many: int) -> Iterator[Line]:
    """The floor reads the JSON alone. Memory is the most that the process held, of few and of many."""
    empty_tables()
    before, _ = tables.peak(partial(_written, _group("few"), _answer(few)))
    group, answer = _group("many"), _answer(many)
    begun = time.perf_counter()
    json.loads(answer)
    floor = time.perf_counter() - begun
    for what in ("everybody is new", "nobody is new"):
        peak, taken = tables.peak(partial(_written, group, answer))
        figures = f"{taken:,.1f} s", f"{floor:,.1f} s", times(taken / floor)
        yield Line(f"members of a group, {many:,}, {what}", *figures)
        yield Line(f"its peak memory, from {few:,}", f"+{peak - before:,.0f} MB", f"{before:,.0f} MB", "")


def _group(name: str) -> Group:
    tenant, _ = Tenant.objects.get_or_create(name="Members")
    return Group.objects.create(tenant=tenant, group_id=name, name=name, first_seen_at=timezone.now())


def _answer(people: int) -> str:
    """As Kaizala writes it (contract 5)."""
    members = [
        {
            "id": f"person-{n:08}",
            "mobileNumber": f"+9198{n:08}",
            "name": f"Asha {n}",
            "profilePic": "",
            "isProvisioned": n % 5 != 2,
            "role": "Member" if n else "Admin",
        }
        for n in range(people)
    ]
    return json.dumps({"members": members})


def _written(group: Group, answer: str) -> float:
    """Seconds from the answer's text to the mirror."""
    connector, _ = Connector.objects.get_or_create(
        tenant=group.tenant, name="Main", api_root="http://127.0.0.1:9"
    )
    grant, _ = Grant.objects.get_or_create(connector=connector, name="Whole")
    run = SyncRun.objects.create(
        kind=SyncRun.Kind.MEMBERS, stage=ONLY_MEMBERS, group=group, connector=connector, grant=grant
    )
    begun = time.perf_counter()
    with transaction.atomic():
        assert record(run, read_members(json.loads(answer)))
    taken = time.perf_counter() - begun
    SyncRun.objects.filter(pk=run.pk).update(state=State.SENT)
    return taken

"""People counted once: whoever is in five groups of a branch is one person there."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from groups.models import Group, Member, Subscriber
from groups.queries import present_links

from .models import Headcount

STALE = timedelta(days=1)  # counted anew at the latest; sooner when a sync brought something
ROWS = """
SELECT CASE WHEN mobile_number = '' THEN person_id ELSE mobile_number END AS who, is_provisioned
FROM {table} WHERE gone_at IS NULL AND group_id IN ({groups})
"""
PEOPLE = """
SELECT COUNT(*), COALESCE(SUM(registered), 0) FROM (
  SELECT MAX(CASE WHEN is_provisioned THEN 1 ELSE 0 END) AS registered
  FROM ({rows}) AS one GROUP BY who
) AS people
"""


def people_of(groups: Collection[int]) -> tuple[int, int]:
    """(people, registered) of these groups together. Two queries.

    Groups that nobody can follow are not looked for among the subscribers: where nearly all of these follow
    one group, SQLite reads every row for any list of groups, also for an empty one.
    """
    followed = Group.objects.filter(Q(group_type=Group.Type.PUBLIC) | Q(subscriber_count__gt=0))
    public = set(followed.values_list("pk", flat=True)).intersection(groups)
    asked = [_rows(model, keys) for model, keys in ((Member, groups), (Subscriber, public)) if keys]
    if not asked:
        return 0, 0
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE.format(rows=" UNION ALL ".join(asked)))
        people, registered = cursor.fetchone()
    return int(people), int(registered)


def _rows(model: type[Any], groups: Collection[int]) -> str:
    keys = ",".join(str(int(key)) for key in groups)
    return ROWS.format(table=connection.ops.quote_name(model._meta.db_table), groups=keys)


def branches(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Each group that has sub-groups, with itself and all below it. Rings and shared children do no harm."""
    children: dict[int, list[int]] = defaultdict(list)
    for parent, child in pairs:
        children[parent].append(child)
    found: dict[int, set[int]] = {}
    for top in list(children):
        seen, to_do = {top}, [top]
        while to_do:
            for child in children.get(to_do.pop(), []):
                if child not in seen:
                    seen.add(child)
                    to_do.append(child)
        found[top] = seen
    return found


def branch_of(group: Group) -> set[int]:
    """The group and all below it, by primary key."""
    pairs = _pairs()
    return branches(pairs).get(group.pk, {group.pk})


def count_heads() -> int:
    """Counts what a sync touched since the last count; returns how many branches and tenants."""
    now = timezone.now()
    present = Group.objects.filter(gone_at__isnull=True)
    rows = {
        pk: (tenant, synced) for pk, tenant, synced in present.values_list("pk", "tenant_id", "synced_at")
    }
    known = {(one.tenant_id, one.group_id): one.counted_at for one in Headcount.objects.all()}
    wanted: dict[tuple[int, int | None], set[int]] = defaultdict(set)
    for pk, (tenant, _synced) in rows.items():
        wanted[tenant, None].add(pk)
    for top, below in branches(_pairs()).items():
        if top in rows:
            wanted[rows[top][0], top] = below & rows.keys()
    counted = 0
    for (owner, branch), groups in wanted.items():
        latest = max([at for key in groups if (at := rows[key][1])], default=None)
        if _is_fresh(known.get((owner, branch)), latest, now):
            continue
        people, registered = people_of(groups)
        values = {"groups": len(groups), "people": people, "registered": registered, "counted_at": now}
        Headcount.objects.update_or_create(tenant_id=owner, group_id=branch, defaults=values)  # type: ignore[misc]
        counted += 1
    for owner, branch in known.keys() - wanted.keys():
        Headcount.objects.filter(tenant=owner, group=branch).delete()
    return counted


def _is_fresh(counted: datetime | None, latest: datetime | None, now: datetime) -> bool:
    return counted is not None and now - counted < STALE and (latest is None or latest <= counted)


def _pairs() -> list[tuple[int, int]]:
    links = present_links().filter(parent__gone_at__isnull=True).select_related(None).order_by()
    return list(links.values_list("parent_id", "child_id"))

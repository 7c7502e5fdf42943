"""Where the numbers of an expression come from: one SELECT a source, put together in the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from groups.models import Member, Subscriber
from messaging.models import AudienceLine, Broadcast, Delivery, DoNotContact

from .rules import Rules
from .scope import Scope

REACHED = ("sent", "unknown", "queued")  # in doubt, or on the way: they may have it
FAR = datetime.max.replace(tzinfo=timezone.get_fixed_timezone(0))
Since = Mapping[str, int]  # "member" and "subscriber": the newest key of before


class Why(IntEnum):
    """Why somebody is left out. Who is so for several reasons counts for the first."""

    DO_NOT_CONTACT = 1
    GROUP = 2
    SAVED = 3
    REACHED_BY = 4
    REACHED_LATELY = 5
    LISTED = 6
    FAULTY = 7  # its own text could not be sent
    IN_WHOLE_GROUP = 9  # gets it there already


@dataclass(frozen=True)
class Select:
    """A SELECT of numbers with a code beside each."""

    sql: str
    params: tuple[Any, ...] = ()


def union(selects: Iterable[Select]) -> Select:
    """All rows of all of them."""
    every = list(selects)
    return Select(
        " UNION ALL ".join(one.sql for one in every), tuple(param for one in every for param in one.params)
    )


def _numbers(rows: QuerySet[Any], code: int) -> Select:
    asked = rows.annotate(code=Value(code)).values_list("mobile_number", "code").order_by()
    try:
        sql, params = asked.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:  # Django knows without asking that there are none
        return Select("SELECT '' AS mobile_number, 0 AS code WHERE 1 = 0")
    return Select(sql, tuple(params))


def wanted(scope: Scope, since: Since | None = None) -> list[Select]:
    """Who is meant by number. The code is 0 for a line that somebody gave, 1 for all others."""
    found = []
    if scope.expression.include.numbers:
        lines = AudienceLine.objects.filter(broadcast=scope.broadcast, problem="")
        found.append(_numbers(lines, 0))
    rows: list[QuerySet[Any]] = []
    for one in scope.saved:
        rows += Rules.of(one.rules).people(scope.broadcast.tenant)
    if scope.singles:
        rows.append(_present(Member).filter(group__in=scope.singles))
    return [*found, *(_numbers(_newer(some, since), 1) for some in rows)]


def _newer(rows: QuerySet[Any], since: Since | None) -> QuerySet[Any]:
    if since is None:
        return rows
    return rows.filter(pk__gt=since.get("member" if rows.model is Member else "subscriber", 0))


def left_out(scope: Scope) -> list[Select]:
    """Whom the expression leaves out; the code is a Why. Also who gets it in a whole group already."""
    exclude, found = scope.expression.exclude, list[Select]()
    if exclude.do_not_contact:
        found.append(_numbers(DoNotContact.objects.filter(tenant=scope.broadcast.tenant), Why.DO_NOT_CONTACT))
    if scope.left_groups:
        for row_class in (Member, Subscriber):
            found.append(_numbers(_present(row_class).filter(group__in=scope.left_groups), Why.GROUP))
    for one in scope.left_saved:
        found += [_numbers(rows, Why.SAVED) for rows in Rules.of(one.rules).people(scope.broadcast.tenant)]
    if exclude.reached_by:
        found += _reached(_lines(scope, exclude.reached_by), Why.REACHED_BY)
    if exclude.reached_days:
        found += _lately(scope, exclude.reached_days)
    for pk in exclude.listed_in:
        found += _listed(scope, pk)
    if scope.whole:
        found.append(_numbers(_present(Member).filter(group__in=scope.whole), Why.IN_WHOLE_GROUP))
    return found


def _present(row_class: Any) -> QuerySet[Any]:
    return row_class.objects.filter(gone_at__isnull=True).exclude(mobile_number="")  # type: ignore[no-any-return]


def _lines(scope: Scope, broadcast_ids: Iterable[int]) -> QuerySet[Delivery]:
    ours = Broadcast.objects.filter(tenant=scope.broadcast.tenant, pk__in=list(broadcast_ids))
    return Delivery.objects.filter(broadcast__in=list(ours.values_list("pk", flat=True)))


def _lately(scope: Scope, days: int) -> list[Select]:
    """Only broadcasts that were going on since then are looked at."""
    since = timezone.now() - timedelta(days=days)
    going = Broadcast.objects.filter(tenant=scope.broadcast.tenant, launched_at__isnull=False, is_test=False)
    going = going.filter(Q(finished_at__isnull=True) | Q(finished_at__gte=since))
    lines = _lines(scope, going.values_list("pk", flat=True))
    recent = Q(dispatch__settled_at__gte=since) | Q(state__in=["unknown", "queued"])
    return _reached(lines.filter(recent), Why.REACHED_LATELY)


def _reached(lines: QuerySet[Delivery], why: Why) -> list[Select]:
    """Who has, or may have, what these lines stand for; of a whole group, who was in it then."""
    reached = lines.filter(state__in=REACHED)
    whole = reached.filter(
        group=OuterRef("group"),
        mobile_number="",
        broadcast__launched_at__gte=OuterRef("first_seen_at"),
        broadcast__launched_at__lt=Coalesce(OuterRef("gone_at"), Value(FAR)),
    )
    members = Member.objects.filter(Exists(whole)).exclude(mobile_number="")
    return [_numbers(reached.exclude(mobile_number=""), why), _numbers(members, why)]


def _listed(scope: Scope, broadcast_id: int) -> list[Select]:
    """Everybody in that ledger; of its whole groups, those whom the mirror knew at launch."""
    lines = _lines(scope, [broadcast_id])
    stamp = Broadcast.objects.filter(pk=broadcast_id).values_list("stamp", flat=True).first() or {}
    groups = lines.filter(mobile_number="").values("group")
    members = Member.objects.filter(group__in=groups, pk__lte=stamp.get("member", 0)).exclude(
        mobile_number=""
    )
    return [_numbers(lines.exclude(mobile_number=""), Why.LISTED), _numbers(members, Why.LISTED)]

"""Whom the phone shows while somebody writes: a person of what is chosen so far, found cheaply."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import accumulate
from typing import IO, Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from groups.models import Member, Subscriber
from groups.reading import sheets
from kaizala_admin.connectors.models import Tenant
from messaging import lines
from messaging.audience import MIX, PEOPLE, PUBLIC, Expression, Rules
from messaging.models import AudienceLine, Broadcast, SavedAudience
from messaging.personal.values import Person

from . import chosen
from .persons import Place, number

MOST_LINES = 500
HEAD, MOST_BYTES = 65_536, 262_144  # of a text, and of a workbook, as preview.js sends them
Rows = list[lines.Line] | QuerySet[Any]


@dataclass(frozen=True)
class Sample(Place):
    """`total` counts whoever is chosen, before exclusions: the check page has the exact ones.

    `why` says why there is nobody.
    """

    values: dict[str, str] = field(default_factory=dict)
    at: int = 0
    total: int = 0
    who: str = ""
    why: str = ""


def person(said: QueryDict, sheet: IO[bytes] | None = None) -> Sample:
    """Number `person` of the lines given or stored, then of the saved audiences and of those who are named
    singly, then of the subscribers of the public groups ticked.

    `sheet` is the beginning of one that is chosen in the form and not saved yet.
    """
    tenant = chosen.tenant(said)
    if tenant is None:
        return Sample(why=_("Choose a group, so that it is clear which organisation's people are meant."))
    rows = _rows(said, sheet, tenant)
    counts = [len(some) if isinstance(some, list) else some.count() for some in rows]
    total = sum(counts)
    at = min(number(said.get("person", "")) or 1, total)
    if not at:
        return Sample(why=_nobody(said))
    who = _person(_row(rows, counts, at), at, tenant)
    return Sample(who.values(), at, total, f"{who.name} {who.number}".strip())


def _row(rows: Sequence[Rows], counts: Sequence[int], at: int) -> Any:
    """Number `at`, from 1, of all of them together."""
    last = list(accumulate(counts))
    place = bisect_left(last, at)
    return rows[place][at - last[place] + counts[place] - 1]


def _nobody(said: QueryDict) -> str:
    if said.get("mode") in (PUBLIC, PEOPLE, MIX):
        return _("Nobody to show yet: nobody is chosen, or no person is known there.")
    return _("A message to a whole group is the same for everybody in it.")


def _rows(said: QueryDict, sheet: IO[bytes] | None, tenant: Tenant) -> list[Rows]:
    mode, found = said.get("mode", ""), list[Rows]()
    if mode in (PEOPLE, MIX):
        given = _given(said.get("pasted", ""), tenant) or (_of_sheet(sheet, tenant) if sheet else [])
        stored = AudienceLine.objects.filter(broadcast=number(said.get("draft", "")), problem="")
        found.append(given or stored.order_by("line", "id"))
    if mode == MIX:
        for one in SavedAudience.objects.filter(tenant=tenant, pk__in=chosen.keys(said, "saved")):
            found += [some.order_by("id") for some in Rules.of(one.rules).people(tenant)]
    if groups := _named_singly(said):
        found.append(_present(Member, tenant).filter(group__in=groups))
    if mode in (PUBLIC, MIX):
        followers = _present(Subscriber, tenant).select_related("group")
        every = bool(said.get("every_public"))
        found.append(followers if every else followers.filter(group__in=chosen.keys(said, "public")))
    return found


def _present(row_class: Any, tenant: Tenant) -> QuerySet[Any]:
    rows = row_class.objects.filter(gone_at=None, group__gone_at=None, group__tenant=tenant)
    return rows.exclude(mobile_number="").order_by("id")  # type: ignore[no-any-return]


def _named_singly(said: QueryDict) -> tuple[int, ...]:
    """Groups of the draft whose members the check page has made to be named, while they are still chosen."""
    draft = Broadcast.objects.filter(pk=number(said.get("draft", ""))).first()
    kept = Expression.of(draft.audience) if draft else Expression()
    same = said.get("mode") == kept.mode and set(chosen.keys(said, "groups")) == set(kept.include.groups)
    return kept.include.one_by_one if same else ()


def _person(row: Any, at: int, tenant: Tenant) -> Person:
    """As he is called: by what the mirror knows of the subscriber, with the columns of his line."""
    if isinstance(row, Subscriber):
        return Person(at, row.mobile_number, row.name, row.group.name)
    columns = row.columns or {} if isinstance(row, lines.Line | AudienceLine) else {}
    role = row.role if isinstance(row, Member) else ""
    known = _present(Subscriber, tenant).filter(mobile_number=row.mobile_number)
    if found := known.select_related("group").first():
        return Person(at, row.mobile_number, found.name, found.group.name, role, columns)
    return Person(at, row.mobile_number, getattr(row, "name", ""), "", role, columns)


def _given(text: str, tenant: Tenant) -> list[lines.Line]:
    some = "\n".join(text.splitlines()[:MOST_LINES])
    return [one for one in lines.from_text(some, tenant.default_region) if not one.problem]


def _of_sheet(sheet: IO[bytes], tenant: Tenant) -> list[lines.Line]:
    """Nobody where it cannot be read: the form says why once it is sent."""
    data = sheet.read(MOST_BYTES)
    if len(data) == HEAD and not data.startswith(b"PK"):
        data = data[: data.rfind(b"\n") + 1]  # cut off there, perhaps within a number
    try:
        found = lines.from_file(BytesIO(data), len(data), tenant.default_region)
    except sheets.BadSheet:
        return []
    return [one for one in found if not one.problem][:MOST_LINES]

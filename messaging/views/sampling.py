"""Whom the phone shows while somebody writes: a person of what is chosen so far, found cheaply."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any

from django.db.models import QuerySet
from django.http import QueryDict

from groups.models import Subscriber
from groups.reading import sheets
from kaizala_admin.connectors.models import Tenant
from messaging import lines
from messaging.audience import MIX, PEOPLE, PUBLIC
from messaging.models import AudienceLine
from messaging.personal.values import Person

from .persons import Place, number

MOST_LINES = 500
HEAD, MOST_BYTES = 65_536, 262_144  # of a text, and of a workbook, as preview.js sends them


@dataclass(frozen=True)
class Sample(Place):
    """`total` counts whoever is chosen, before exclusions: the check page has the exact ones."""

    values: dict[str, str] = field(default_factory=dict)
    at: int = 0
    total: int = 0
    who: str = ""


def person(said: QueryDict, sheet: IO[bytes] | None = None) -> Sample:
    """Number `person` of the lines given or stored, then of the subscribers of the public groups ticked.

    `sheet` is the beginning of one that is chosen in the form and not saved yet.
    """
    mode, at = said.get("mode", ""), number(said.get("person", "")) or 1
    given: list[tuple[str, Any]] = []
    stored = AudienceLine.objects.none()
    if mode in (PEOPLE, MIX):
        given = _given(said.get("pasted", "")) or (_of_sheet(sheet) if sheet else [])
        if not given:
            stored = AudienceLine.objects.filter(broadcast=number(said.get("draft", "")), problem="")
            stored = stored.order_by("line", "id")
    followers = _followers(said) if mode in (PUBLIC, MIX) else Subscriber.objects.none()
    lines_count = len(given) or stored.count()
    total = lines_count + followers.count()
    at = min(at, total)
    if not at:
        return Sample()
    if at <= lines_count:
        mobile, columns = given[at - 1] if given else _line(stored[at - 1])
        known = Subscriber.objects.filter(mobile_number=mobile, gone_at=None).select_related("group").first()
    else:
        known, columns = followers.select_related("group")[at - lines_count - 1], {}
        mobile = known.mobile_number
    who = Person(at, mobile, known.name if known else "", known.group.name if known else "", "", columns)
    return Sample(who.values(), at, total, f"{who.name} {mobile}".strip())


def _line(line: AudienceLine) -> tuple[str, dict[str, str]]:
    return line.mobile_number, line.columns or {}


def _given(text: str) -> list[tuple[str, Any]]:
    some = "\n".join(text.splitlines()[:MOST_LINES])
    return [(one.mobile_number, {}) for one in lines.from_text(some, _region()) if not one.problem]


def _of_sheet(sheet: IO[bytes]) -> list[tuple[str, Any]]:
    """Nobody where it cannot be read: the form says why once it is sent."""
    data = sheet.read(MOST_BYTES)
    if len(data) == HEAD and not data.startswith(b"PK"):
        data = data[: data.rfind(b"\n") + 1]  # cut off there, perhaps within a number
    try:
        found = lines.from_file(BytesIO(data), len(data), _region())
    except sheets.BadSheet:
        return []
    return [(one.mobile_number, one.columns or {}) for one in found if not one.problem][:MOST_LINES]


def _region() -> str:
    return Tenant.objects.order_by("pk").values_list("default_region", flat=True).first() or ""


def _followers(said: QueryDict) -> QuerySet[Subscriber]:
    rows = Subscriber.objects.filter(gone_at=None).exclude(mobile_number="").order_by("id")
    if said.get("every_public"):
        return rows
    keys: Iterable[int] = [number(one) for one in said.getlist("public")]
    return rows.filter(group__in=keys)

"""Which responses a result is about: some groups, some days, those who answered something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from surveys import days, values
from surveys.models import Action, ActionInstance, Question, Response

from . import afresh, totals
from .sql import Chose
from .totals import Totals


@dataclass(frozen=True)
class Filter:
    """`instances` are primary keys; `place` and `answer` name an option that must have been chosen."""

    instances: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None
    place: int | None = None
    answer: str = ""

    @property
    def counts_afresh(self) -> bool:
        """The kept totals know groups, but not who else answered what, and only whole hours."""
        return bool(self.since or self.until or self.place is not None)

    @property
    def narrows(self) -> bool:
        return self.counts_afresh or bool(self.instances)

    def query(self, **more: Any) -> str:
        """As an address."""
        chosen = f"q{self.place}={self.answer}" if self.place is not None else ""
        pairs = {"group": self.instances, "since": self.since, "until": self.until, "answer": chosen, **more}
        return urlencode({k: v for k, v in pairs.items() if v not in ("", None, ())}, doseq=True)


def read(get: QueryDict, questions: Sequence[Question]) -> Filter:
    """From an address; what does not make sense is left out."""
    place, answer = _chosen(get.get("answer", ""), questions)
    groups = [int(one) for one in get.getlist("group") if one.isdecimal() and len(one) < 19]
    return Filter(tuple(groups), days.day(get.get("since")), days.day(get.get("until")), place, answer)


def _chosen(text: str, questions: Sequence[Question]) -> tuple[int | None, str]:
    key, _sep, answer = text.partition("=")
    for one in questions:
        if one.key == key and one.type in values.CHOICES and answer:
            return one.index, answer
    return None, ""


def instances(action: Action, chosen: Filter) -> QuerySet[ActionInstance]:
    rows = ActionInstance.objects.filter(action=action)
    return rows.filter(pk__in=chosen.instances) if chosen.instances else rows


def responses(action: Action, chosen: Filter) -> QuerySet[Response]:
    """Those that all of it leaves."""
    rows = Response.objects.filter(action=action)
    if chosen.instances:
        rows = rows.filter(instance__in=chosen.instances)
    if chosen.since:
        rows = rows.filter(answered_at__gte=days.starts(chosen.since))
    if chosen.until:
        rows = rows.filter(answered_at__lt=days.ends(chosen.until))
    if chosen.place is not None:
        rows = rows.filter(Chose(chosen.place, chosen.answer))
    return rows


def result(action: Action, questions: Sequence[Question], chosen: Filter) -> Totals:
    """The totals of those responses. From the kept ones wherever these can tell."""
    if not chosen.counts_afresh:
        return totals.kept(instances(action, chosen), questions)
    return afresh.counted(responses(action, chosen), questions)

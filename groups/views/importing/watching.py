"""One import: how far it is read, what the check found, how far it is applied, what came of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.generic import TemplateView

from groups import pace
from groups.access import may
from groups.imports import doubts, nudges, reading, rejected, undoing
from groups.imports.forms import WORDS
from groups.imports.models import ImportRow, ImportRun
from groups.models import Member, Subscriber

from .base import MANAGE, TONES, VIEW, ImportMixin, url

SHOWN = 50  # wrong rows, and people of a diff, on the page
State, Action = ImportRow.State, ImportRow.Action
LIVE = (ImportRun.State.READING, ImportRun.State.RUNNING)


class Import(ImportMixin, TemplateView):
    """The whole page; only its moving part when htmx asks."""

    permission_required = VIEW

    def get_template_names(self) -> list[str]:
        part = self.request.headers.get("HX-Request") == "true"
        return ["groups/imports/part.html" if part else "groups/imports/show.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        if request.GET.get("seen", self.run.state) != self.run.state:
            answer["HX-Refresh"] = "true"  # other buttons are right now
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run, found = self.run, reading.counts(self.run)
        shown = {
            "run": run,
            "tone": TONES.get(run.state, ""),
            "live": run.state in LIVE,
            "is_deaf": run.state in LIVE and not nudges.is_heard(),
            "counts": _numbers(run, found),
            "time": pace.in_words(run.seconds),
            "wrong": _wrong(run) if run.state != ImportRun.State.READING else [],
            "rejected": found.get(State.WRONG, 0) + found.get(State.REFUSED, 0),
            "may_manage": may(self.request, MANAGE),
            "to_read": run.undoes.totals.get(State.DONE, 0) if run.undoes else 0,
            "undone_by": undoing.undone_by(run) if run.state in undoing.OVER else None,
            "may_undo": undoing.can_undo(run),
            "repair_url": _repair_url(run),
            "doubts": doubts.of(run, found) if run.state == ImportRun.State.CHECKED else [],
            **_diff(run, found),
        }
        return super().get_context_data(**{**shown, **kwargs})


def _numbers(run: ImportRun, found: dict[str, int]) -> dict[str, int]:
    """Names for the page: to do by action, the rest by state, and how much is over."""
    numbers = {state: found.get(state, 0) for state in State.values}
    for action in Action.values:
        numbers[f"to_{action}"] = found.get(f"{State.READY}:{action}", 0)
    answered = numbers["done"] + numbers["there"] + numbers["refused"]
    numbers["to_apply"] = answered + numbers["ready"] + numbers["queued"] + numbers["cancelled"]
    given_up = 0 if run.state == ImportRun.State.CANCELLED else numbers["cancelled"]
    numbers["applied"] = answered + given_up
    return numbers


def _repair_url(run: ImportRun) -> str:
    """Where repaired rows are uploaded. Those of an equal list that is applied are people to add."""
    if run.kind == ImportRun.Kind.UNDO:
        return ""
    applied = run.kind == ImportRun.Kind.EQUAL and run.accepted_at
    kind = ImportRun.Kind.ADD if applied else run.kind
    asked = {"kind": str(kind)}
    if run.group_id:
        asked |= {"group": str(run.group_id), "subscribers": str(int(run.subscribers))}
    return f"{url('new')}?{urlencode(asked)}"


def _wrong(run: ImportRun) -> list[rejected.Bad]:
    """With the fields' names as the page has them."""
    return [one._replace(column=str(WORDS.get(one.column, one.column))) for one in rejected.first(run, SHOWN)]


def _diff(run: ImportRun, found: dict[str, int]) -> dict[str, Any]:
    """For "make the group equal": who comes and who goes, the first of each."""
    if run.kind != ImportRun.Kind.EQUAL or run.state != ImportRun.State.CHECKED:
        return {}
    rows = ImportRow.objects.filter(run=run.pk, state=State.READY).order_by("id")
    coming = list(rows.filter(action=Action.ADD).values_list("mobile_number", flat=True)[:SHOWN])
    going = list(rows.filter(action=Action.REMOVE).values_list("mobile_number", flat=True)[:SHOWN])
    names = _names(run, going)
    return {
        "coming": coming,
        "going": [(number, names.get(number, "")) for number in going],
        "more_coming": found.get(f"{State.READY}:{Action.ADD}", 0) - len(coming),
        "more_going": found.get(f"{State.READY}:{Action.REMOVE}", 0) - len(going),
    }


def _names(run: ImportRun, numbers: list[str]) -> dict[str, str]:
    """As the group has them: whom a person takes out is easier known by name. One query."""
    row_class: type[Any] = Subscriber if run.subscribers else Member
    rows = row_class._default_manager.filter(group=run.group_id, mobile_number__in=numbers)
    return dict(rows.values_list("mobile_number", "name"))

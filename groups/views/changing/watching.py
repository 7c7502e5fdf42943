"""Changes on their way: the page that updates itself, what is pending beside the mirror, and taking back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from groups.access import may
from groups.changes import checking, services, undoing
from groups.changes.models import GroupChange
from groups.changes.results import TONES as RESULT_TONES
from groups.changes.results import Outcome
from groups.models import Group, Member
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import TONES, why_waiting
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin

from .base import MANAGE, group_url, progress_url

MOST_CHANGES, MOST_RESULTS, PENDING_SHOWN = 200, 500, 20
RELATED = ("group", "other", "created_by", "connector", "grant")


@dataclass
class Line:
    """One number and what came of it. `note`: what the list read afterwards says of it."""

    number: str
    word: str
    tone: str
    reason: str
    note: str = ""


@dataclass
class Shown:
    """A change as the page shows it."""

    change: GroupChange
    tone: str
    why: str
    lines: list[Line]
    can_undo: bool
    by_hand: bool  # a person has to say what became of it

    @property
    def title(self) -> str:
        return self.change.title()


def named(words: str) -> list[GroupChange]:
    """The changes named "1,2,3", with those that they were cut into. Raises Http404 when there is none."""
    keys = words.split(",")[:MOST_CHANGES]
    if not all(key.isdecimal() and len(key) < 19 for key in keys):
        raise Http404(_("There is no such change."))
    rows = list(GroupChange.objects.filter(pk__in=keys).select_related(*RELATED).order_by("pk"))
    if not rows:
        raise Http404(_("There is no such change."))
    return _with_parts(rows)


def _with_parts(rows: Sequence[GroupChange]) -> list[GroupChange]:
    """A change that Kaizala refused as a whole is shown as its parts. A query a level."""
    whole = [row for row in rows if not row.payload.get("parts")]
    keys = [key for row in rows for key in row.payload.get("parts", ())]
    if not keys:
        return whole
    parts = list(GroupChange.objects.filter(pk__in=keys).select_related(*RELATED).order_by("pk"))
    return [*whole, *_with_parts(parts)]


class Progress(ConsoleMixin, TemplateView):
    """The whole page, or only its moving part when htmx asks."""

    permission_required = "groups.view_groupchange"

    def get_template_names(self) -> list[str]:
        part = self.request.headers.get("HX-Request") == "true"
        return ["groups/changes/progress_part.html" if part else "groups/changes/progress.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = self.request.GET.get("changes", "")
        rows = named(keys)
        moving = any(row.state in (State.QUEUED, State.SENDING) for row in rows)
        undo = may(self.request, MANAGE)
        first = rows[0]
        more = {
            "keys": keys,
            "moving": moving,
            "shown": [_shown(row, undo) for row in rows],
            "totals": _totals(rows),
            "group": first.group or first.other,
            "tab": _tab(first),
            "may_settle": may(self.request, "outbox.settle"),
        }
        title = first.title() if len(rows) == 1 else _("%(n)s changes") % {"n": len(rows)}
        return super().get_context_data(**{**more, "title": title, **kwargs})


def _tab(change: GroupChange) -> str:
    if change.kind in (GroupChange.Kind.ADD_SUBSCRIBERS, GroupChange.Kind.REMOVE_SUBSCRIBERS):
        return "subscribers"
    links = (GroupChange.Kind.LINK, GroupChange.Kind.UNLINK, GroupChange.Kind.CREATE_SUBGROUP)
    return "sub_groups" if change.kind in links else "members"


def _totals(rows: Sequence[GroupChange]) -> dict[str, int]:
    asked = sum(row.people for row in rows)
    done, refused = sum(row.done for row in rows), sum(row.refused for row in rows)
    return {"people": asked, "done": done, "refused": refused}


def _shown(row: GroupChange, undo: bool) -> Shown:
    why = row.detail or (why_waiting(row) if row.state != State.SENT else "")
    return Shown(
        row,
        TONES[State(row.state)],
        why,
        _lines(row),
        undo and undoing.can_undo(row),
        row.state in (State.UNKNOWN, State.FAILED),
    )


def _lines(row: GroupChange) -> list[Line]:
    some = list(row.results.items())[:MOST_RESULTS]
    missing = _missing(row, [name for name, (what, _why) in some if what == Outcome.ADDED])
    lines = []
    for name, (what, why) in some:
        note = _("Kaizala took the call, but its list does not have this number.")
        note = note if name in missing else ""
        tone = "warning" if note else RESULT_TONES.get(Outcome(what), "")
        lines.append(Line(name, str(Outcome(what).label), tone, why, note))
    return lines


def _missing(row: GroupChange, added: list[str]) -> set[str]:
    """Whom Kaizala said nothing against, but whom the list that was read afterwards does not have."""
    if row.kind != GroupChange.Kind.ADD_MEMBERS or not added or row.settled_at is None:
        return set()
    rows = Member.objects.filter(group=row.group_id, mobile_number__in=added, person_id__startswith="tel:")
    return set(rows.filter(gone_at__gte=row.settled_at).values_list("mobile_number", flat=True))


class Pending(ConsoleMixin, TemplateView):
    """The list of what is in line for a group, again and again; the page is drawn anew when it moved."""

    permission_required = "groups.view_groupchange"
    template_name = "groups/changes/pending.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        group = get_object_or_404(Group, pk=kwargs["group_id"])
        if request.headers.get("HX-Request") != "true":
            return HttpResponseRedirect(group_url(group.pk, "changes"))  # it is a part, not a page
        now = pending_context(group)
        answer = self.render_to_response(self.get_context_data(group=group, **now))
        if request.GET.get("seen", now["pending_keys"]) != now["pending_keys"]:
            answer["HX-Refresh"] = "true"
        return answer


def pending_context(group: Group) -> dict[str, Any]:
    """What a group's page needs to show beside the mirror. One query."""
    rows = list(services.pending(group)[: PENDING_SHOWN + 1])
    return {
        "pending": [(row, why_waiting(row)) for row in rows[:PENDING_SHOWN]],
        "pending_more": len(rows) > PENDING_SHOWN,
        "pending_keys": ",".join(f"{row.pk}{row.state[0]}" for row in rows),
    }


class Undo(ConsoleMixin, View):
    """Asks, then takes a change back."""

    permission_required = MANAGE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(request, self._row(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(pk)
        if not confirmed(request):
            return self._ask(request, row)
        by: Any = request.user
        try:
            return HttpResponseRedirect(progress_url(services.undo(change=row, by=by)))
        except checking.CannotChange as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(progress_url([row]))

    def _row(self, pk: int) -> GroupChange:
        return get_object_or_404(GroupChange.objects.select_related(*RELATED), pk=pk)

    def _ask(self, request: HttpRequest, row: GroupChange) -> HttpResponse:
        touched = len(undoing.touched(row))
        calls = touched if row.kind == GroupChange.Kind.ADD_MEMBERS else 1
        page = Confirmation(
            title=_("Take back"),
            question=_("Take this change back? Only what it really changed is touched."),
            button=_("Take back"),
            cancel_url=progress_url([row]),
            facts=[(_("Change"), row.title()), (_("People or groups"), touched), (_("Calls"), calls)],
            url=request.path,
        )
        return ask_first(request, page)

"""A person's page: all groups, what was sent and answered; and the one step out of all groups."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from groups import person
from groups.access import may
from groups.changes import services as changes
from groups.models import Group, Member, Subscriber
from groups.person import Somebody
from groups.sections import Section, register, sections_for
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView

LOOK = ("groups.view_member", "groups.view_subscriber")
CHANGE = "groups.manage_group"
SHOWN = 500  # groups on the page


class OfSomebody(ConsoleMixin):
    """`key` in the address (`person.key_of`), or `model` and the `object_id` of a row of the mirror."""

    permission_required: str | tuple[str, ...] = LOOK
    model: type[Member] | type[Subscriber] | None = None
    kwargs: dict[str, Any]

    @cached_property
    def somebody(self) -> Somebody:
        if self.model is not None:
            return person.by_row(self._row())
        try:
            return person.by_number(person.number_of(str(self.kwargs["key"])))
        except LookupError as error:
            raise Http404(_("There is no such person.")) from error

    def _row(self) -> Any:
        assert self.model is not None
        key = str(self.kwargs["object_id"])
        rows = self.model._default_manager.select_related("group")
        row = rows.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if row is None:
            raise Http404(_("There is no such person."))
        return row

    def get_title(self) -> str:
        return self.somebody.name or self.somebody.number or _("No name")


class PersonPage(OfSomebody, ConsoleView):
    """Everything about one number."""

    template_name = "groups/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        somebody = self.somebody
        sections = [
            (section, section.context(somebody, self.request)) for section in sections_for(self.request)
        ]
        shown = {
            "somebody": somebody,
            "sections": sections,
            "may_remove": bool(somebody.present and somebody.number) and may(self.request, CHANGE),
        }
        return super().get_context_data(**{**shown, **kwargs})


class RemoveEverywhere(OfSomebody, View):
    """Asks first; then one change a group, each settled by Kaizala's own answer."""

    permission_required = (*LOOK, CHANGE)

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        somebody = self.somebody
        count = len({row.group_id for row in somebody.present})
        question = ngettext(
            "Remove %(name)s from %(count)d group?", "Remove %(name)s from %(count)d groups?", count
        ) % {"name": self.get_title(), "count": count}
        asked = Confirmation(
            title=_("Remove from all groups"),
            question=question,
            button=_("Remove from all of them"),
            cancel_url=person.person_url(somebody.number),
            facts=[
                (_("as a member"), sum(row.gone_at is None for row in somebody.members)),
                (_("as a subscriber"), sum(row.gone_at is None for row in somebody.subscribers)),
                (_("calls"), len(somebody.present)),
            ],
            warnings=[
                _("Messages that were received stay on the phone. Only an invitation brings the person back.")
            ],
        )
        return ask_first(request, asked)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        if not confirmed(request):
            return self.get(request, key)
        somebody = self.somebody
        done, problems = remove_everywhere(somebody, request.user)
        for problem in problems:
            messages.warning(request, problem)
        if done:
            told = ngettext("%(count)d change is in line.", "%(count)d changes are in line.", done)
            messages.success(request, told % {"count": done})
        elif not problems:
            messages.warning(request, _("This person is in no group any more; nothing was asked for."))
        return HttpResponseRedirect(person.person_url(somebody.number))


def remove_everywhere(somebody: Somebody, by: Any) -> tuple[int, list[str]]:
    """Asks Kaizala to take the person out of each group; how many changes, and what cannot be asked."""
    asks: list[tuple[Group, Callable[[], Any]]] = []
    for row in somebody.present:
        if isinstance(row, Member):
            asks.append((row.group, _leaving(row, by)))
        else:
            asks.append((row.group, _unfollowing(row, by)))
    done, problems = 0, []
    for _group, ask in asks:
        try:
            done += len(ask())
        except changes.CannotChange as error:
            problems.append(str(error))
    return done, problems


def _leaving(row: Member, by: Any) -> Callable[[], Any]:
    return lambda: changes.remove_members(group=row.group, members=[row], by=by)


def _unfollowing(row: Subscriber, by: Any) -> Callable[[], Any]:
    return lambda: changes.remove_subscribers(group=row.group, numbers=[row.mobile_number], by=by)


def _groups(somebody: Somebody, request: HttpRequest) -> dict[str, Any]:
    """The first groups; somebody of the head office may be in thousands."""
    rows = somebody.rows
    return {"rows": rows[:SHOWN], "more": len(rows) - SHOWN if len(rows) > SHOWN else 0}


def register_sections() -> None:
    """What every person has."""
    title = gettext_lazy("Groups")
    register(Section("groups", title, "groups.view_group", "groups/sections/groups.html", _groups, 0))

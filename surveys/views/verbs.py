"""What people do on an action's page: fetch answers, remind, write to those who are missing."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from messaging.services import Changed
from surveys.models import Action, ActionInstance
from surveys.services import reminding, syncing

from .action import ActionMixin
from .runs import progress_url


class Fetch(ActionMixin, View):
    """Fetches the answers of every instance now."""

    permission_required = "surveys.sync_answers"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            rows = syncing.fetch_action(action=self.action)
        except syncing.CannotFetch as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self.action.get_absolute_url())
        return HttpResponseRedirect(progress_url(rows))


class Remind(ActionMixin, View):
    """Asks first, in numbers."""

    permission_required = "surveys.remind_people"
    http_method_names = ("get", "post")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        plan = reminding.plan(instances=self._instances())
        if not plan.calls:
            messages.info(request, _("There is nobody to remind: all have answered, or it has ended."))
            return HttpResponseRedirect(self._back())
        try:
            reminding.need_allowed(plan, request.user)
        except reminding.CannotRemind as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(self._back())
        return ask_first(request, self._question(plan))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not confirmed(request):
            return self.get(request, pk)
        user: Any = request.user
        typed = request.POST.get("typed", "")
        try:
            calls = reminding.remind(instances=self._instances(), by=user, typed=typed)
        except (reminding.CannotRemind, Changed) as error:
            messages.warning(request, str(error))
            return self.get(request, pk)
        if calls:
            words = ngettext("%(n)s reminder is in line.", "%(n)s reminders are in line.", calls)
            messages.success(request, words % {"n": f"{calls:,}"})
        else:
            messages.info(request, _("Nobody was reminded: everybody was within the last ten minutes."))
        return HttpResponseRedirect(self._back())

    def _instances(self) -> list[ActionInstance]:
        rows = ActionInstance.objects.filter(action=self.action, gone_at=None)
        return list(rows.select_related("action__tenant", "group", "dispatch").order_by("pk"))

    def _back(self) -> str:
        return f"{self.action.get_absolute_url()}?tab=missing"

    def _question(self, plan: reminding.Plan) -> Confirmation:
        words = ngettext(
            "Remind %(people)s person of “%(title)s”?",
            "Remind %(people)s people of “%(title)s”?",
            plan.people,
        )
        number = _("Type the number of people, %(people)s") % {"people": f"{plan.people:,}"}
        return Confirmation(
            title=_("Remind those who have not answered"),
            question=words % {"people": f"{plan.people:,}", "title": self.action.title},
            button=_("Remind them"),
            cancel_url=self._back(),
            facts=_facts(plan),
            warnings=_warnings(plan, self.action),
            number=number if plan.is_many else "",
            tone="primary",
        )


def _facts(plan: reminding.Plan) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (_("People"), f"{plan.people:,}"),
        (_("Groups"), f"{plan.groups:,}"),
        (_("Calls"), f"{plan.calls:,}"),
    ]
    if plan.barred:
        facts.append((_("Left out: on the do-not-contact list"), f"{plan.barred:,}"))
    return facts


def _warnings(plan: reminding.Plan, action: Action) -> list[str]:
    found = []
    if plan.whole:
        text = ngettext(
            "%(n)s of them is in a group that is not public: there everybody gets it.",
            "%(n)s of them are in groups that are not public: there everybody gets it, "
            "also those who have answered.",
            plan.whole,
        )
        found.append(text % {"n": f"{plan.whole:,}"})
    if plan.barred_in_whole:
        text = ngettext(
            "%(n)s person there is on the do-not-contact list: a whole group leaves nobody out.",
            "%(n)s people there are on the do-not-contact list: a whole group leaves nobody out.",
            plan.barred_in_whole,
        )
        found.append(text % {"n": f"{plan.barred_in_whole:,}"})
    if plan.opens_at:
        zone = action.tenant.time_zone
        at = date_format(plan.opens_at.astimezone(ZoneInfo(zone)), "j F, H:i")
        words = _(
            "These are quiet hours: the reminders wait until %(time)s (%(zone)s), then go by themselves."
        )
        found.append(words % {"time": at, "zone": zone})
    return found


class WriteToMissing(ActionMixin, View):
    """A draft broadcast to just those; it is checked and sent as every broadcast."""

    permission_required = ("surveys.view_action", "messaging.add_broadcast")
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user: Any = request.user
        try:
            draft = reminding.write_to_missing(action=self.action, by=user)
        except reminding.CannotRemind as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(f"{self.action.get_absolute_url()}?tab=missing")
        return HttpResponseRedirect(draft.get_absolute_url())

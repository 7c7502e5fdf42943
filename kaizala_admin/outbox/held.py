"""What waits while a restored console holds, and the page on which an administrator lets it go on."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from kaizala_admin.connectors import instance
from kaizala_admin.connectors.models import Connector
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin

from .models import State
from .nudges import nudge
from .registry import row_classes

TAKE_OVER = "connectors.take_over"


@dataclass(frozen=True)
class Waits:
    """The rows of one class in line: those whose time has come, and those for later."""

    name: str
    now: int
    later: int


@dataclass(frozen=True)
class Held:
    """Since when nothing is sent, and what waits."""

    since: datetime
    waits: list[Waits]

    @property
    def count(self) -> int:
        """Rows in line; each is one call at least."""
        return sum(each.now + each.later for each in self.waits)

    @property
    def due(self) -> int:
        """Rows that go out at once."""
        return sum(each.now for each in self.waits)


def held() -> Held | None:
    """None in ordinary times, for one query; else one query more a row class."""
    since = instance.held_since()
    return Held(since, _waits()) if since else None


def _waits() -> list[Waits]:
    found = []
    for row_class in row_classes():
        line = row_class._default_manager.filter(state=State.QUEUED, held=False, connector__is_active=True)
        due = Count("pk", Q(not_before__lte=Now()))
        numbers = line.order_by().aggregate(due=due, all=Count("pk"))
        name = str(row_class._meta.verbose_name_plural)
        found.append(Waits(name, numbers["due"], numbers["all"] - numbers["due"]))
    return [each for each in found if each.now or each.later]


class GoOnView(ConsoleMixin, View):
    """Asks, in numbers, then makes this the console. For administrators."""

    permission_required = TAKE_OVER

    def get(self, request: HttpRequest) -> HttpResponse:
        state = held()
        return ask_first(request, _question(state)) if state else _back(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        if not confirmed(request):
            return self.get(request)
        assert request.user.is_authenticated
        if not instance.go_on(by=request.user):
            return _back(request)
        nudge(Connector.objects.filter(is_active=True).values_list("pk", flat=True))
        messages.success(request, _("This is the console now. Sending goes on."))
        return HttpResponseRedirect(reverse("admin:outbox"))


def _back(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("Nothing is held: this is the console already."))
    return HttpResponseRedirect(reverse("admin:outbox"))


def _question(state: Held) -> Confirmation:
    asked = ngettext(
        "Go on sending? %(n)s call goes out at once.", "Go on sending? %(n)s calls go out at once.", state.due
    )
    facts: list[tuple[str, object]] = [
        (_("Held since"), date_format(localtime(state.since), "DATETIME_FORMAT"))
    ]
    for each in state.waits:
        numbers = {"now": f"{each.now:,}", "later": f"{each.later:,}"}
        facts.append((each.name.capitalize(), _("%(now)s now, %(later)s later") % numbers))
    return Confirmation(
        title=gettext_lazy("This is now the console"),
        question=asked % {"n": f"{state.due:,}"},
        button=gettext_lazy("This is now the console: go on sending"),
        cancel_url=reverse("admin:outbox"),
        facts=facts,
        warnings=[
            gettext_lazy(
                "If the console that this database was copied from still runs, people get everything twice: "
                "stop it first."
            ),
            gettext_lazy(
                "What was sent after the backup may stand in line here once more. Cancel it before you go on."
            ),
            gettext_lazy("Schedules and syncs go on too, and may add calls."),
        ],
    )

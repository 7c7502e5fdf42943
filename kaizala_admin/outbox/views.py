"""The Outbox page, and the page that asks before a single row is moved by hand."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from kaizala_admin.ui.confirm import ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin, ConsoleView

from .held import GoOnView, held
from .models import OutboxRow, State
from .overview import overview, visible_classes
from .registry import by_label
from .verbs import SETTLE, VERBS, Verb, confirmation, done


class OutboxView(ConsoleView):
    """Row classes by state, failures by reason, what waits longest, and the rows in doubt."""

    template_name = "outbox/overview.html"
    permission_required = "outbox.view_attempt"
    title = _("Outbox")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        classes = [overview(row_class) for row_class in visible_classes(self.request)]
        return super().get_context_data(
            held=held(),
            states=State.labels,
            classes=classes,
            unknown=sum(known.unknown for known in classes),
            failures=any(known.failures for known in classes),
            may_settle=self.request.user.has_perm(SETTLE),
            **kwargs,
        )


class SettleView(ConsoleMixin, View):
    """Asks, then moves one row. Needs the permission to settle, and to look at rows of that class."""

    permission_required = (SETTLE, "outbox.view_attempt")

    def get(self, request: HttpRequest, name: str, key: int, verb: str) -> HttpResponse:
        rows, chosen = self._rows(name, key), VERBS[verb]
        return ask_first(request, confirmation(chosen, rows, reverse("admin:outbox")))

    def post(self, request: HttpRequest, name: str, key: int, verb: str) -> HttpResponse:
        if not confirmed(request):
            return self.get(request, name, key, verb)
        carry_out(request, VERBS[verb], self._rows(name, key))
        return HttpResponseRedirect(reverse("admin:outbox"))

    def _rows(self, name: str, key: int) -> Any:
        try:
            row_class: type[OutboxRow] = by_label(name)
        except LookupError as error:
            raise Http404(name) from error
        rows = row_class._default_manager.filter(pk=key)
        if row_class not in visible_classes(self.request) or not rows.exists():
            raise Http404(name)
        return rows


def carry_out(request: HttpRequest, verb: Verb, rows: QuerySet[Any]) -> None:
    """Moves the rows and says what came of it."""
    if verb.again and (why := rows.model.why_not_here(rows.filter(state=verb.before))):
        messages.warning(request, why)
        return
    try:
        count = verb.run(rows, person(request))
    except IntegrityError:
        messages.error(request, _("The same work is in line already. Wait for it, then look again."))
        return
    if count:
        messages.success(request, done(verb, count))
    else:
        messages.warning(request, _("Somebody settled this row before you; nothing was changed."))


def person(request: HttpRequest) -> AbstractBaseUser:
    """Who asks; the permission check has seen to it that somebody is signed in."""
    assert request.user.is_authenticated
    return request.user


def urls() -> list[Any]:
    """The addresses, for the admin site's own list."""
    return [
        path("page/", admin.site.admin_view(OutboxView.as_view()), name="outbox"),
        path("go-on/", admin.site.admin_view(GoOnView.as_view()), name="outbox_go_on"),
        *(
            path(
                f"page/<str:name>/<int:key>/{verb}/",
                admin.site.admin_view(SettleView.as_view()),
                {"verb": verb},
                name=f"outbox_{verb}",
            )
            for verb in VERBS
        ),
    ]

"""The admin's rooms for broadcasts, calls and the ledger; and the subscribers list's "Write to these"."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.outbox.models import State
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago, per_cent

from . import kinds, list_admin, saved_admin, ticked  # noqa: F401  # its rooms register themselves
from .kind_filter import KindFilter
from .ledger import DeliveryAdmin
from .media import admin as media_admin  # noqa: F401  # registers its pages
from .models import ActionLook, Broadcast, Delivery, Dispatch
from .test_filter import TestFilter
from .timing.models import Approval
from .views import (
    adjusting,
    agenda,
    approvals,
    checking,
    compose,
    content,
    faults,
    persons,
    picking,
    planning,
    profile,
    schedules,
    testing,
    verbs,
    watching,
)
from .views.base import TONES, url
from .waiting_filter import WaitingFilter


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyAdmin):
    """The list; every other page is our own."""

    list_display = (
        "shown_title",
        "shown_kind",
        "shown_state",
        "shown_people",
        "reached",
        "written_by",
        "when",
    )
    list_filter = ("state", WaitingFilter, KindFilter, TestFilter, "tenant")
    list_select_related = ("created_by", "launched_by", "tenant")
    search_fields = ("title",)
    search_help_text = _("A part of the name")
    ordering = ("-id",)
    sortable_by = ()
    actions = ()
    empty_title = _("No broadcast yet")
    empty_text = _("Choose who shall get it, write a text, and see what sending it takes.")
    empty_label, empty_icon = _("Write the first one"), "campaign"
    list_before_template = "messaging/list_before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Broadcast]:
        rows: QuerySet[Broadcast] = super().get_queryset(request)
        sent = (
            Dispatch.objects.filter(broadcast=OuterRef("pk"), state=State.SENT).order_by().values("broadcast")
        )
        asked = Approval.objects.filter(broadcast=OuterRef("pk"), decision=Approval.Decision.PENDING)
        return rows.annotate(
            sent_people=Subquery(sent.annotate(n=Sum(F("people") - F("people_failed"))).values("n")),
            asked_people=Subquery(asked.values("people")),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.add_broadcast")

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return compose.Compose.as_view()(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """A draft opens where it is written (or read), what awaits approval where it is checked."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row.state == Broadcast.State.AWAITING:
            return HttpResponseRedirect(url("check", row.pk))
        if row.launched_at is None and row.state in (Broadcast.State.SCHEDULED, Broadcast.State.FINISHED):
            return HttpResponseRedirect(schedules.address_of(row) or url("progress", row.pk))
        if row.state != Broadcast.State.DRAFT:
            return HttpResponseRedirect(url("progress", row.pk))
        may_write = request.user.has_perm("messaging.change_broadcast")
        return HttpResponseRedirect(url("compose" if may_write else "check", row.pk))

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("pick/", picking.Pick, "pick"),
            ("fields/", content.Fields, "fields"),
            ("preview/", content.Preview, "preview"),
            ("people/", content.FindPeople, "people"),
            ("<int:pk>/compose/", compose.Compose, "compose"),
            ("<int:pk>/check/", checking.Checked, "check"),
            ("waiting/", approvals.Waiting, "waiting"),
            ("<int:pk>/approval/", approvals.Approve, "approval"),
            ("agenda/", agenda.Agenda, "agenda"),
            ("<int:pk>/when/", planning.When, "when"),
            ("<int:pk>/quiet/", planning.Quiet, "quiet"),
            ("<int:pk>/schedule/", schedules.Plan, "schedule"),
            ("<int:pk>/schedule/<slug:verb>/", schedules.Do, "schedule_do"),
            ("<int:pk>/lines.csv", checking.WrongLines, "lines"),
            ("me/", profile.Me, "me"),
            ("<int:pk>/test/", testing.Test, "test"),
            ("<int:pk>/person/", persons.Person, "person"),
            ("<int:pk>/faults.csv", faults.Faults, "faults"),
            ("<int:pk>/progress/", watching.Progress, "progress"),
            ("<int:pk>/unknowns/", watching.Unknowns, "unknowns"),
            ("<int:pk>/do/<slug:verb>/", verbs.Do, "do"),
            ("<int:pk>/copy/", verbs.Copy, "copy"),
            ("<int:pk>/adjust/", adjusting.Adjust, "adjust"),
            ("<int:pk>/joined/", adjusting.Joined, "joined"),
            ("<int:pk>/follow-up/", adjusting.FollowUp, "follow_up"),
            ("<int:pk>/throw-away/", verbs.Delete, "throw_away"),
        ]
        own = [path(at, view.as_view(), name=f"messaging_broadcast_{name}") for at, view, name in pages]
        return [*own, *super().get_urls()]

    @column(_("name"))
    def shown_title(self, row: Broadcast) -> str:
        return gettext("%(title)s (test)") % {"title": row.title} if row.is_test else row.title

    @column(_("kind"))
    def shown_kind(self, row: Broadcast) -> str:
        kind = kinds.every().get(row.kind)
        return str(kind.title if kind else row.kind)

    @column(_("state"), label=TONES)
    def shown_state(self, row: Broadcast) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @column(_("people"))
    def shown_people(self, row: Any) -> str:
        """While it awaits an approval, those whom it was asked for."""
        people = row.asked_people if row.is_open else row.people
        return "–" if people is None else f"{people:,}"

    @column(_("sent"))
    def reached(self, row: Any) -> str:
        if row.is_open or not row.people:
            return "–"
        sent = row.sent_people or 0
        share = per_cent(sent, row.people)
        return format_html(
            '<progress class="msg-mini" aria-label="{} %" value="{}" max="{}"></progress> {}',
            share,
            str(sent),
            str(row.people),
            f"{sent:,}",
        )

    @column(_("by"))
    def written_by(self, row: Broadcast) -> str:
        return str(row.launched_by or row.created_by or "–")

    @column(_("when"))
    def when(self, row: Broadcast) -> str:
        return ago(row.launched_at or row.created_at)


@admin.register(Dispatch)
class DispatchAdmin(OutboxRowAdmin):
    """Each call of each broadcast."""

    list_select_related = ("connector", "grant", "broadcast", "group")
    raw_id_fields = ("broadcast", "group", "grant", "connector")


@admin.register(ActionLook)
class ActionLookAdmin(OutboxRowAdmin):
    """Each time that Kaizala's list was asked for calls in doubt."""

    list_select_related = ("connector", "grant", "group")


admin.site.register(Delivery, DeliveryAdmin)
ticked.add_action()

"""Surveys, polls, jobs and meetings: the list, and the way to each one's own page."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from groups.admin.filters import KindFilter
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago, per_cent
from surveys.models import Action, ActionInstance
from surveys.views import action as page
from surveys.views import answering, digest, exporting, feeds, jobs, packages, runs, verbs

KIND_TONES = {"Survey": "primary", "Poll": "info", "Job": "warning", "LetsMeet": "success", "Action": ""}


MOST_PACKAGES = 50  # that the list offers to filter by


class OpenFilter(SimpleListFilter):
    """Whether answers may still come."""

    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("Open")), ("no", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        still = Q(due_at=None) | Q(due_at__gt=timezone.now())
        rows = ActionInstance.objects.filter(still, is_completed=False, gone_at=None)
        keys = rows.order_by().values("action")
        return queryset.filter(pk__in=keys) if self.value() == "yes" else queryset.exclude(pk__in=keys)


class PackageFilter(SimpleListFilter):
    """Custom actions by their package; shown once there is one."""

    title = _("package")
    parameter_name = "package"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        rows = Action.objects.filter(kind=Action.Kind.CUSTOM).exclude(package_id="").order_by("package_id")
        return [(one, one) for one in rows.values_list("package_id", flat=True).distinct()[:MOST_PACKAGES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(kind=Action.Kind.CUSTOM, package_id=value) if value else queryset


@admin.register(Action)
class ActionAdmin(ReadOnlyAdmin):
    list_display = ("shown_title", "shown_kind", "shown_groups", "answered", "due", "sent")
    list_filter = (KindFilter, PackageFilter, OpenFilter, "tenant")
    list_select_related = ("tenant",)
    search_fields = ("title",)
    search_help_text = _("A part of the title")
    ordering = ("-id",)
    sortable_by = ()
    actions = ()
    empty_title = _("No surveys, polls or jobs yet")
    empty_text = _(
        "What you send from here appears by itself; what was sent from phones is found when you look for it."
    )
    list_before_template = "surveys/list_before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Action]:
        rows: QuerySet[Action] = super().get_queryset(request)
        return rows.annotate(
            instance_total=_sum(Count("pk")),
            people=_sum(Sum("reached")),
            answers=_sum(Sum("response_count")),
            given=_sum(Sum("assignee_count")),
            made=_sum(Sum("done_count")),
            due_at=Subquery(
                ActionInstance.objects.filter(action=OuterRef("pk"))
                .order_by()
                .values("action")
                .annotate(n=Max("due_at"))
                .values("n")
            ),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"may_sync": request.user.has_perm("surveys.sync_answers")}
        answer: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return answer

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return page.ActionPage.as_view()(request, pk=object_id)

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("jobs/", jobs.JobBoard, "jobs"),
            ("packages/", packages.PackagesPage, "packages"),
            ("look/", runs.LookEverywhere, "look"),
            ("answer/<int:pk>/", answering.AnswerPage, "answer"),
            ("<int:pk>/digest/", digest.DigestPage, "digest"),
            ("<int:pk>/export/", exporting.ExportPage, "export"),
            ("<int:pk>/saved/", exporting.ChangeSaved, "saved"),
            ("<int:pk>/revoke/", feeds.RevokeFeed, "revoke"),
            ("<int:pk>/fetch/", verbs.Fetch, "fetch"),
            ("<int:pk>/remind/", verbs.Remind, "remind"),
            ("<int:pk>/write/", verbs.WriteToMissing, "write"),
        ]
        own = [path(at, view.as_view(), name=f"surveys_action_{name}") for at, view, name in pages]
        return [*own, *super().get_urls()]

    @column(_("title"))
    def shown_title(self, row: Action) -> str:
        return row.title

    @column(_("kind"), label=KIND_TONES)
    def shown_kind(self, row: Action) -> tuple[str, str]:
        return row.kind, row.get_kind_display()

    @column(_("groups"))
    def shown_groups(self, row: Any) -> str:
        return f"{row.instance_total:,}"

    @column(_("answered"))
    def answered(self, row: Any) -> str:
        part, whole = (row.made, row.given) if row.given else (row.answers, row.people)
        share = per_cent(part, whole)
        return format_html(
            '<span class="ans-answered"><progress class="ans-mini" aria-label="{} %" value="{}" max="{}">'
            "</progress> {} / {}</span>",
            share,
            str(min(part, whole)),
            str(whole or 1),
            f"{part:,}",
            f"{whole:,}",
        )

    @column(_("due"))
    def due(self, row: Any) -> str:
        return ago(row.due_at, "–")

    @column(_("sent"))
    def sent(self, row: Action) -> str:
        return ago(row.sent_at)


def _sum(what: Any) -> Coalesce:
    """Over the row's instances; a subquery, so that the list's own count stays cheap."""
    rows = ActionInstance.objects.filter(action=OuterRef("pk")).order_by().values("action")
    return Coalesce(Subquery(rows.annotate(n=what).values("n"), output_field=IntegerField()), 0)

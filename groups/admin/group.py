"""Groups: the list, with its hierarchy in numbers, and the way to a group's own page."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from groups import services
from groups.access import may
from groups.models import Group, GroupLink
from groups.views import changing, figures, syncing
from groups.views import group as views
from groups.views.changing.watching import pending_context
from groups.views.runs import progress_url
from kaizala_admin.connectors.models import Connector
from kaizala_admin.exports.lists import ExportMixin
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago

from .filters import PresenceFilter, StaleFilter, TypeFilter


@admin.register(Group)
class GroupAdmin(ExportMixin, ReadOnlyAdmin):
    """The mirror's groups. Staff look and sync; only syncs write."""

    export_kind = "groups.groups"
    list_display = ("name_and_state", "tenant", "type_name", "people", "hierarchy", "last_sync")
    list_filter = ("tenant", TypeFilter, PresenceFilter, StaleFilter)
    list_select_related = ("tenant",)
    search_fields = ("name",)
    search_help_text = _("A part of the name, or the group's ID")
    ordering = ("name", "id")
    sortable_by = ("name_and_state", "people", "last_sync")
    empty_title = _("No groups here")
    empty_text = _("Groups appear after the first sync of a connector with a working grant.")
    actions = ("sync_selected",)
    list_before_template = "groups/list_before.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(parent_total=_links("child", "parent"), child_total=_links("parent", "child"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Group], search_term: str
    ) -> tuple[QuerySet[Group], bool]:
        found, distinct = super().get_search_results(request, queryset, search_term)
        exact = queryset.filter(group_id=search_term.strip())
        return (found | exact if search_term else found), distinct

    @column(_("group"), ordering="name", header=True)
    def name_and_state(self, row: Group) -> list[Any]:
        return [row.name, gettext("Gone") if row.gone_at else ""]

    @column(_("type"), label={"ConnectGroup": "info"})
    def type_name(self, row: Group) -> tuple[str, str]:
        return row.group_type, row.get_group_type_display()

    @column(_("people"), ordering="subscriber_count")
    def people(self, row: Group) -> str:
        members = ngettext("%(count)d member", "%(count)d members", row.member_count) % {
            "count": row.member_count
        }
        if row.group_type != Group.Type.PUBLIC:
            return members
        count = row.subscriber_count
        return f"{members}, " + ngettext("%(count)d subscriber", "%(count)d subscribers", count) % {
            "count": count
        }

    @column(_("hierarchy"))
    def hierarchy(self, row: Any) -> str:
        words = []
        if row.parent_total:
            words.append(
                ngettext("below %(n)d group", "below %(n)d groups", row.parent_total)
                % {"n": row.parent_total}
            )
        if row.child_total:
            words.append(
                ngettext("%(n)d sub-group", "%(n)d sub-groups", row.child_total) % {"n": row.child_total}
            )
        return ", ".join(words) or "–"

    @column(_("last sync"), ordering="synced_at")
    def last_sync(self, row: Group) -> str:
        return ago(row.synced_at)

    def has_sync_permission(self, request: HttpRequest) -> bool:
        return may(request, "groups.sync_group")

    @admin.action(description=_("Sync the chosen groups now"), permissions=["sync"])
    def sync_selected(self, request: HttpRequest, queryset: QuerySet[Group]) -> HttpResponse | None:
        runs = []
        for group in queryset.order_by("pk")[:MOST_AT_ONCE]:
            try:
                runs.append(services.start_sync(group))
            except services.CannotSync as error:
                messages.warning(request, str(error))
        return HttpResponseRedirect(progress_url(runs)) if runs else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return views.GroupPage.as_view()(request, object_id=object_id)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {
            "may_sync": self.has_sync_permission(request),
            "may_manage": may(request, "groups.manage_group"),
            "connectors": _connectors(),
        }
        if may(request, "groups.view_groupchange"):
            more |= pending_context(None)
        page: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return page

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("figures/", figures.Adoption.as_view(), name="groups_figures"),
            path("figures/growth/", figures.Growth.as_view(), name="groups_figures_growth"),
            path("figures/attention/", figures.Attention.as_view(), name="groups_figures_attention"),
            path("tree/", views.GroupTree.as_view(), name="groups_group_tree"),
            path("sync/", syncing.SyncEverything.as_view(), name="groups_group_sync_everything"),
            path(
                "sync/<int:connector_id>/",
                syncing.SyncConnector.as_view(),
                name="groups_group_sync_connector",
            ),
            path("<int:group_id>/sync/", syncing.SyncGroup.as_view(), name="groups_group_sync"),
            *changing.urls(),
        ]
        return [*own, *super().get_urls()]


def _connectors() -> list[Connector]:
    """Those that a person may choose to sync alone; with one there is no choice."""
    found = list(Connector.objects.filter(is_active=True).order_by("name")[:50])
    return found if len(found) > 1 else []


MOST_AT_ONCE = 500  # groups of one bulk action; more than that is a sync of the connector


def _links(own: str, other: str) -> Coalesce:
    """How many present groups hang on the row; a subquery, so that the list's own count stays cheap."""
    links = GroupLink.objects.filter(**{own: OuterRef("pk"), "gone_at": None, f"{other}__gone_at": None})
    counted = links.order_by().values(own).annotate(total=Count("pk")).values("total")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

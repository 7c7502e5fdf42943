"""Members and subscribers: lists that open at a million rows as at a hundred."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from groups import search
from groups.models import Member, Person, Subscriber
from groups.views import person as views
from kaizala_admin.exports.lists import ExportMixin
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago

from .filters import PresenceFilter, RegisteredFilter, RoleFilter


class PersonAdmin(ExportMixin, ReadOnlyAdmin):
    """What both lists share. Only indexed columns sort, and nothing is counted to the end."""

    list_select_related = ("group",)
    search_fields = ("name",)  # shows the box; `get_search_results` does the search
    search_help_text = _(
        "A number in any spelling, from its start, or a part of a name; one or two letters are looked for "
        "where a word begins, two also where it ends"
    )
    ordering = ("-id",)
    sortable_by = ()
    empty_title = _("Nobody here")
    empty_text = _("People appear when the first sync of their group is done.")
    raw_id_fields = ("group",)
    exclude = ("seen_run", "profile_pic")  # a picture's address opens it without any token (contract 15)
    show_facets = admin.ShowFacets.NEVER  # counting each choice would read every row

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = queryset.filter(search.people(search_term, self.model))
        return queryset, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return views.PersonPage.as_view(model=self.model)(request, object_id=object_id)

    @column(_("name"), header=True)
    def person(self, row: Person) -> list[Any]:
        return [row.name or gettext("No name"), row.mobile_number or gettext("No number")]

    @column(_("group"))
    def in_group(self, row: Any) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:groups_group_change", args=[row.group_id]), row.group.name
        )

    @column(_("registered"), boolean=True)
    def registered(self, row: Person) -> bool:
        return row.is_provisioned

    @column(_("since"))
    def since(self, row: Person) -> str:
        return ago(row.since)

    @column(_("gone"))
    def gone(self, row: Person) -> str:
        return ago(row.gone_at, never="–")


@admin.register(Member)
class MemberAdmin(PersonAdmin):
    export_kind = "groups.members"
    list_display = ("person", "in_group", "role", "registered", "since", "gone")
    list_filter = (("group", AutocompleteSelectFilter), PresenceFilter, RoleFilter, RegisteredFilter)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("person/<str:key>/", views.PersonPage.as_view(), name="groups_person"),
            path("person/<str:key>/remove/", views.RemoveEverywhere.as_view(), name="groups_person_remove"),
        ]
        return [*own, *super().get_urls()]


@admin.register(Subscriber)
class SubscriberAdmin(PersonAdmin):
    export_kind = "groups.subscribers"
    list_display = ("person", "in_group", "registered", "since", "gone")
    list_filter = (("group", AutocompleteSelectFilter), PresenceFilter, RegisteredFilter)

"""The admin's rooms for saved audiences and the do-not-contact list."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from groups import search
from kaizala_admin.ui.admin import BaseAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.confirm import Confirmation, ask_first, chosen_rows, confirmed
from kaizala_admin.ui.templatetags.ui import ago

from . import services
from .audience import Rules
from .list_forms import in_words
from .models import DoNotContact, SavedAudience
from .views import lists


@admin.register(SavedAudience)
class SavedAudienceAdmin(BaseAdmin):
    """The list; the form with its live count is our own."""

    list_display = ("name", "fits", "used", "made", "changed")
    list_filter = ("tenant",)
    list_select_related = ("created_by",)
    search_fields = ("name",)
    ordering = ("name", "id")
    sortable_by = ()
    actions = ()
    empty_title = _("No saved audience yet")
    empty_text = _(
        "A saved audience is a filter over your people that you name once and use in any broadcast. "
        "Who fits is asked anew each time."
    )
    empty_label, empty_icon = _("Save the first one"), "filter_alt"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedAudience]:
        rows: QuerySet[SavedAudience] = super().get_queryset(request)
        return rows.annotate(used_count=Count("broadcasts"))

    @column(_("who fits"))
    def fits(self, row: SavedAudience) -> str:
        return in_words(Rules.of(row.rules))

    @column(_("broadcasts that use it"))
    def used(self, row: Any) -> int:
        return int(row.used_count)

    @column(_("made by"))
    def made(self, row: SavedAudience) -> str:
        return str(row.created_by or "–")

    @column(_("changed"))
    def changed(self, row: SavedAudience) -> str:
        return ago(row.changed_at)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return lists.Saved.as_view()(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        return lists.Saved.as_view()(request, pk=row.pk)

    def get_urls(self) -> list[URLPattern]:
        own = path("count/", lists.Count.as_view(), name="messaging_savedaudience_count")
        return [own, *super().get_urls()]


@admin.register(DoNotContact)
class DoNotContactAdmin(BaseAdmin):
    """Who is on it, why, by whom, since when. Added by pasting or uploading, taken off by ticking."""

    list_display = ("number", "reason", "by", "since")
    list_filter = ("tenant",)
    list_select_related = ("added_by",)
    search_fields = ("mobile_number",)  # shows the box; `get_search_results` does the search
    search_help_text = _("A number in any spelling, from its start")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("take_off",)
    fields = ("mobile_number", "tenant", "reason", "added_by", "added_at")
    empty_title = _("Nobody is on the list")
    empty_text = _(
        "Numbers on this list are left out of every broadcast that names people one by one. "
        "A group that is called as a whole gets it as a whole; the check says so."
    )
    empty_label, empty_icon = _("Paste or upload numbers"), "do_not_disturb_on"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DoNotContact], search_term: str
    ) -> tuple[QuerySet[DoNotContact], bool]:
        wanted = search.people(search_term)
        if not search_term.strip() or "mobile_number" not in str(wanted):
            return (queryset.none() if search_term.strip() else queryset), False
        return queryset.filter(wanted), False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        """One way out, which keeps a trail; the stock one would not."""
        found = super().get_actions(request)
        return {name: action for name, action in found.items() if name != "delete_selected"}

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.delete_donotcontact")

    @admin.action(description=_("Take off the list"), permissions=["take_off"])
    def take_off(self, request: HttpRequest, rows: QuerySet[DoNotContact]) -> HttpResponse | None:
        if not self.has_take_off_permission(request):
            raise PermissionDenied
        if confirmed(request):
            count = services.unbar(rows, request.user)  # type: ignore[arg-type]
            words = ngettext("%(n)s number is off the list.", "%(n)s numbers are off the list.", count)
            messages.success(request, words % {"n": f"{count:,}"})
            return None
        count = rows.count()
        words = ngettext(
            "Take %(n)s number off the list? It is written to again from now on.",
            "Take %(n)s numbers off the list? They are written to again from now on.",
            count,
        )
        page = Confirmation(
            title=_("Take off the do-not-contact list"),
            question=words % {"n": f"{count:,}"},
            button=_("Take off the list"),
            cancel_url=request.get_full_path(),
            fields=chosen_rows(request),
        )
        return ask_first(request, page)

    @column(_("mobile number"))
    def number(self, row: DoNotContact) -> str:
        return row.mobile_number

    @column(_("by"))
    def by(self, row: DoNotContact) -> str:
        return str(row.added_by or "–")

    @column(_("since"))
    def since(self, row: DoNotContact) -> str:
        return ago(row.added_at)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return lists.Bar.as_view()(request)

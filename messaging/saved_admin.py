"""The admin's rooms for saved messages and for sets of test phones."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.admin import BaseAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago

from . import kinds, lines, services
from .kinds.parts.people import People
from .services.gate import MOST_TEST
from .timing.models import SavedMessage, TestPhones
from .views import saved


@admin.register(SavedMessage)
class SavedMessageAdmin(BaseAdmin):
    """The list; the form with the phone beside it is our own."""

    list_display = ("name", "shown_kind", "says", "by", "changed", "use")
    list_filter = ("kind", "tenant")
    list_select_related = ("saved_by", "tenant")
    search_fields = ("name",)
    search_help_text = _("A part of the name")
    ordering = ("name", "id")
    sortable_by = ()
    actions = ()
    empty_title = _("No saved message yet")
    empty_text = _("Save a message once, with placeholders like {name|there}, and use it in any broadcast.")

    @column(_("kind"))
    def shown_kind(self, row: SavedMessage) -> str:
        kind = kinds.every().get(row.kind)
        return str(kind.title if kind else row.kind)

    @column(_("says"))
    def says(self, row: SavedMessage) -> str:
        kind = kinds.every().get(row.kind)
        return kind.summary(row.content) if kind else "–"

    @column(_("by"))
    def by(self, row: SavedMessage) -> str:
        return str(row.saved_by or "–")

    @column(_("saved"))
    def changed(self, row: SavedMessage) -> str:
        return ago(row.saved_at)

    @column(_("use it"))
    def use(self, row: SavedMessage) -> str:
        address = f"{reverse('admin:messaging_broadcast_add')}?message={row.pk}"
        return format_html('<a class="kza-link" href="{}">{}</a>', address, _now("Write a broadcast"))

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return saved.Edit.as_view()(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        return saved.Edit.as_view()(request, pk=row.pk)

    def delete_model(self, request: HttpRequest, obj: SavedMessage) -> None:
        services.delete_message(obj, request.user)

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/copy/", saved.Copy.as_view(), name="messaging_savedmessage_copy")
        return [own, *super().get_urls()]


class TestPhonesForm(forms.ModelForm):  # type: ignore[type-arg]
    """Numbers one a line, as for a job."""

    __test__ = False
    numbers = People(
        _("Numbers"),
        help_text=_("One in a line, in any spelling; at most 20. Each phone has to follow a public group."),
    )

    class Meta:
        model = TestPhones
        fields = ("tenant", "name", "numbers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants = list(Tenant.objects.values_list("pk", flat=True)[:2])
        if len(tenants) == 1 and "tenant" in self.fields:  # who may only look gets no field
            self.fields["tenant"].initial = tenants[0]
        self.fields["numbers"].widget = UnfoldAdminTextareaWidget(attrs={"rows": 6, "dir": "ltr"})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        tenant, given = data.get("tenant"), self.data.get("numbers", "")
        if tenant and "numbers" in self.errors:  # once more, in the region of the organisation
            again = lines.from_text(given, tenant.default_region) if len(given) < 10_000 else []
            if again and not any(one.problem not in ("", "duplicate") for one in again):
                del self.errors["numbers"]
                data["numbers"] = [one.mobile_number for one in again if not one.problem]
        if len(data.get("numbers") or ()) > MOST_TEST:
            self.add_error("numbers", _now("At most %(n)s phones are allowed.") % {"n": MOST_TEST})
        return data


@admin.register(TestPhones)
class TestPhonesAdmin(BaseAdmin):
    """Sets of phones that tests go to."""

    __test__ = False
    form = TestPhonesForm
    list_display = ("name", "shown", "tenant")
    list_filter = ("tenant",)
    list_select_related = ("tenant",)
    search_fields = ("name",)
    search_help_text = _("A part of the name")
    ordering = ("name", "id")
    sortable_by = ()
    actions = ()
    empty_title = _("No set of test phones yet")
    empty_text = _("Name the phones of those who look at a message before it goes to everybody.")

    @column(_("phones"))
    def shown(self, row: TestPhones) -> int:
        return len(row.numbers)

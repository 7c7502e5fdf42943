"""A saved message: written like a broadcast, without an audience; and taken up again in compose."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.views import ConsoleMixin
from messaging import kinds, services
from messaging.audience import personal
from messaging.list_forms import TenantField
from messaging.media import services as library
from messaging.media import views as media
from messaging.timing.models import SavedMessage

from .content import fresh, kind_of

SHOWN = 8
LIST = "admin:messaging_savedmessage_changelist"


class NameForm(forms.Form):
    """What stands around the content."""

    tenant = TenantField()
    name = forms.CharField(required=False, max_length=200)


def asked(request: HttpRequest) -> SavedMessage | None:
    """The saved message that compose shall begin with."""
    given = request.GET.get("message", "")
    if not (given.isdecimal() and len(given) < 19 and request.user.has_perm("messaging.view_savedmessage")):
        return None
    return SavedMessage.objects.filter(pk=given).first()


def offered(user: Any) -> list[SavedMessage]:
    """The latest, for compose; the list has all."""
    if not user.has_perm("messaging.view_savedmessage"):
        return []
    return list(SavedMessage.objects.order_by("-saved_at", "-pk")[:SHOWN])


def keep(request: HttpRequest, kind: kinds.Kind, what: Any, tenant: Tenant | None, name: str) -> bool:
    """ "Save as a message", out of compose: says what became of it."""
    if not what.is_valid() or not request.user.has_perm("messaging.add_savedmessage"):
        return False
    tenant = tenant or Tenant.objects.order_by("pk").first()
    if tenant is None:
        return False
    try:
        row = services.save_message(
            tenant=tenant, name=name, kind=kind.key, content=what.cleaned_data, by=request.user
        )
    except services.NameTaken as error:
        messages.error(request, str(error))
        return False
    said = _("Saved as the message “%(name)s”. This broadcast is not saved yet.")
    messages.success(request, said % {"name": row.name})
    return True


class Edit(ConsoleMixin, TemplateView):
    """A saved message, new or (with `pk`) as it is."""

    template_name = "messaging/saved/message.html"
    saved: SavedMessage | None = None

    def get_permission_required(self) -> tuple[str, ...]:
        if "pk" not in self.kwargs:
            return ("messaging.add_savedmessage",)
        posting = self.request.method == "POST"
        return (f"messaging.{'change' if posting else 'view'}_savedmessage",)

    def get_title(self) -> str:
        return self.saved.name if self.saved else _("Save a message")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "pk" in kwargs and self.has_permission():
            self.saved = SavedMessage.objects.select_related("tenant").filter(pk=kwargs["pk"]).first()
            if self.saved is None:
                raise Http404(_("There is no such saved message."))
        return super().dispatch(request, *args, **kwargs)

    @property
    def kind(self) -> kinds.Kind:
        return kind_of(self.request, self.saved.kind if self.saved else "text")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.saved
        what = self.kind.form(initial=row.content) if row else fresh(self.kind, request)
        name = NameForm(initial={"name": row.name, "tenant": row.tenant_id} if row else {})
        return self.render_to_response(self.get_context_data(what=what, name=name))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        what, name = self.kind.form(request.POST, request.FILES), NameForm(request.POST)
        if name.is_valid() and isinstance(what, kinds.ContentForm):
            what.region = name.cleaned_data["tenant"].default_region
        if name.is_valid() & what.is_valid():
            try:
                services.save_message(
                    **name.cleaned_data,
                    kind=self.kind.key,
                    content=what.cleaned_data,
                    by=request.user,
                    saved=self.saved,
                )
            except services.NameTaken as error:
                name.add_error("name", str(error))
            else:
                messages.success(request, _("The message is saved."))
                return HttpResponseRedirect(reverse(LIST))
        return self.render_to_response(self.get_context_data(what=what, name=name), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        shown = {
            "saved": self.saved,
            "kind": self.kind,
            "tiles": kinds.tiles(),
            "content": kwargs["what"].typed(),
            "accept": media.ACCEPT,
            "most_mb": library.most_bytes() // 1048576,
            "may_save": user.has_perm(f"messaging.{'change' if self.saved else 'add'}_savedmessage"),
            "places": personal.places([]),
            "tenants": list(Tenant.objects.order_by("name")),
            "has_errors": bool(kwargs["what"].errors or kwargs["name"].errors),
        }
        return super().get_context_data(**{**shown, **kwargs})


class Copy(ConsoleMixin, View):
    """The same again, under another name. Harmless, so it does not ask."""

    permission_required = "messaging.add_savedmessage"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = SavedMessage.objects.select_related("tenant").filter(pk=pk).first()
        if row is None:
            raise Http404(_("There is no such saved message."))
        copy = services.copy_message(row, request.user)
        return HttpResponseRedirect(reverse("admin:messaging_savedmessage_change", args=[copy.pk]))

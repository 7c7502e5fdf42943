"""Uploading a sheet, and saying which column is which."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, View

from groups.imports import samples, services
from groups.imports.columns import FIELDS
from groups.imports.forms import ColumnsForm, UploadForm
from groups.models import Group
from kaizala_admin.ui.views import ConsoleMixin

from .base import MANAGE, ImportMixin, url

OFFERED = 200  # names of groups that the field offers while one types


class Upload(ConsoleMixin, FormView):  # type: ignore[type-arg]
    """A new import. `?group=7` comes from a group's page, `kind` and `subscribers` from rows to repair."""

    permission_required = MANAGE
    form_class = UploadForm
    template_name = "groups/imports/upload.html"
    title = gettext_lazy("Import a sheet")

    def get_initial(self) -> dict[str, Any]:
        key = self.request.GET.get("group", "")
        group = Group.objects.select_related("tenant").filter(pk=key).first() if key.isdecimal() else None
        initial: dict[str, Any] = {"kind": self.request.GET.get("kind", "add")}
        if group:
            same = Group.objects.filter(tenant=group.tenant, name__iexact=group.name, gone_at__isnull=True)
            named = group.name if same.count() == 1 else group.group_id
            initial |= {"group": named, "tenant": group.tenant_id}
            initial |= {"region": group.tenant.default_region.upper()}
            public = group.group_type == Group.Type.PUBLIC
            initial |= {"subscribers": public and self.request.GET.get("subscribers") != "0"}
        return initial

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = Group.objects.filter(gone_at__isnull=True).order_by("name", "pk")[:OFFERED]
        shown = {"known": known, "back_url": url("changelist"), "samples": samples.every()}
        return super().get_context_data(**{**shown, **kwargs})

    def form_valid(self, form: UploadForm) -> HttpResponse:
        data, by = form.cleaned_data, self.request.user
        try:
            run = services.start(
                kind=data["kind"],
                file_name=data["file"].name,
                chunks=data["file"].chunks(),
                tenant=data["tenant"],
                group=form.chosen,
                region=data["region"],
                subscribers=bool(data["subscribers"] and form.chosen),
                by=by,  # type: ignore[arg-type]
            )
        except services.CannotChange as error:
            form.add_error("group", str(error))
            return self.form_invalid(form)
        return HttpResponseRedirect(url("show", run.pk))

    def form_invalid(self, form: UploadForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Sample(ConsoleMixin, View):
    """A sheet to write over, with the headings that this kind of import knows."""

    permission_required = MANAGE

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in FIELDS:
            raise Http404(_("There is no such import."))
        answer = HttpResponse(samples.sheet(kind), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="sample-{kind}.csv"'
        return answer


class Columns(ImportMixin, FormView):  # type: ignore[type-arg]
    """Which column is which; the sheet is then read again."""

    permission_required = MANAGE
    form_class = ColumnsForm
    template_name = "groups/imports/columns.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.run.kind not in FIELDS:
            raise Http404(_("This import has no sheet."))
        return {**super().get_form_kwargs(), "run": self.run}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"run": self.run, **kwargs})

    def form_valid(self, form: ColumnsForm) -> HttpResponse:
        try:
            services.map_columns(run=self.run, columns=form.chosen(), headed=form.cleaned_data["headed"])
        except services.CannotChange as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The sheet is read again with these columns."))
        return HttpResponseRedirect(url("show", self.run.pk))

    def form_invalid(self, form: ColumnsForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class TakeBack(ImportMixin, View):
    """POST only: a new import that undoes this one. Nothing is changed before a person accepts its check."""

    permission_required = MANAGE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            back = services.undo(run=self.run, by=request.user)  # type: ignore[arg-type]
        except services.CannotChange as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(url("show", pk))
        return HttpResponseRedirect(url("show", back.pk))

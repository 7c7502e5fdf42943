"""How an action's responses shall be exported: a file in the background, or an address for tools."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from kaizala_admin.exports import capital
from kaizala_admin.exports import services as exports
from kaizala_admin.exports.models import Format
from kaizala_admin.ui.views import ConsoleView
from surveys import exporting, values
from surveys.exporting import rows as table
from surveys.exporting.streams import FORMATS
from surveys.models import Action, ActionInstance, Feed, Question, SavedExport
from surveys.results import filters
from surveys.results.filters import Filter
from surveys.services import feeding, saving

from .action import ActionMixin
from .responses_tab import number

MOST_GROUPS = 300


@dataclass(frozen=True)
class Choice:
    """A column that may be chosen."""

    key: str
    title: str
    is_chosen: bool


class ExportPage(ActionMixin, ConsoleView):
    """`?saved=` shows saved settings; the filters of the results come along in the address."""

    permission_required = ("surveys.view_action", "surveys.view_response")
    template_name = "surveys/export.html"
    http_method_names = ("get", "post")

    def get_title(self) -> str:
        return _("Export: %(title)s") % {"title": self.action.title}

    @cached_property
    def questions(self) -> list[Question]:
        return table.questions_of(self.action)

    @cached_property
    def saved(self) -> SavedExport | None:
        key = number(self.request.GET.get("saved", ""))
        return SavedExport.objects.filter(action=self.action, pk=key).first() if key else None

    @property
    def told(self) -> Mapping[str, Any]:
        """The parameters that the form shows."""
        if self.request.method == "POST":
            return self._parameters()
        if self.saved:
            return dict(self.saved.parameters)
        return {"filter": self.request.GET.urlencode()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        told, types = self.told, {one.type for one in self.questions}
        chosen = filters.read(QueryDict(str(told.get("filter", ""))), self.questions)
        columns = _columns(self.action, self.questions, told)
        rows = SavedExport.objects.filter(action=self.action).select_related("created_by")
        more = {
            "action": self.action,
            "told": told,
            "columns": columns,
            "all_columns": all(one.is_chosen for one in columns),
            "fitting": filters.responses(self.action, chosen).count(),
            "formats": [Format(one) for one in _formats(types)],
            "file_format": self.request.POST.get("format", ""),
            "may_several": values.MULTI in types,
            "may_choose": bool(types & set(values.CHOICES)),
            "zone": timezone.get_current_timezone_name(),
            "zones": sorted(available_timezones()),
            "saved": self.saved,
            "saved_ones": [(row, saving.may_change(user, row)) for row in rows],
            "feeds": Feed.objects.filter(action=self.action, revoked_at=None).select_related("created_by"),
            "may_feed": user.has_perm("surveys.make_feed"),
            "may_export": user.has_perm("exports.view_export"),
            **_filters(self.action, self.questions, chosen),
        }
        return super().get_context_data(**more, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        match request.POST.get("as"):
            case "feed":
                return self._make_feed(self._parameters())
            case "save":
                return self._save(self._parameters())
        return self._make_file(self._parameters())

    def _parameters(self) -> dict[str, Any]:
        post = self.request.POST
        every = [one.key for one in table.about(self.action)] + [one.key for one in self.questions]
        columns = [key for key in every if key in post.getlist("column")]
        return {
            "action": self.action.pk,
            "codes": post.get("labels") == "codes",
            "by_choice": post.get("columns") == "choices",
            "columns": columns if len(columns) < len(every) else [],
            "filter": filters.read(post, self.questions).query(),
        }

    def _make_file(self, parameters: dict[str, Any]) -> HttpResponse:
        user: Any = self.request.user
        file_format = self.request.POST.get("format", "")
        zone = self.request.POST.get("time_zone", "") or timezone.get_current_timezone_name()
        if not user.has_perm("exports.view_export"):
            return self._again(_("You may not make files."))
        if file_format not in _formats({one.type for one in self.questions}):
            return self._again(_("Choose a format."))
        if zone not in available_timezones():
            return self._again(_("There is no time zone called %(name)s.") % {"name": zone[:64]})
        export = exports.start(
            kind=exporting.KINDS[file_format],
            parameters=parameters,
            file_format=file_format,
            by=user,
            title=self.get_title(),
            time_zone=zone,
        )
        return HttpResponseRedirect(export.get_absolute_url())

    def _save(self, parameters: dict[str, Any]) -> HttpResponse:
        user: Any = self.request.user
        try:
            row, is_new = saving.save(
                action=self.action, name=self.request.POST.get("name", ""), parameters=parameters, by=user
            )
        except saving.CannotSave as error:
            return self._again(str(error))
        words = _("Saved as “%(name)s”.") if is_new else _("“%(name)s” is as you set it now.")
        messages.success(self.request, words % {"name": row.name})
        return HttpResponseRedirect(f"{self.request.path}?saved={row.pk}")

    def _make_feed(self, parameters: dict[str, Any]) -> HttpResponse:
        user: Any = self.request.user
        if not user.has_perm("surveys.make_feed"):
            messages.error(self.request, _("You may not make addresses for tools."))
            return HttpResponseRedirect(self.request.get_full_path())
        name = self.request.POST.get("feed_name", "").strip() or _("Spreadsheet")
        _feed, token = feeding.make(action=self.action, name=name, parameters=parameters, by=user)
        address = self.request.build_absolute_uri(reverse("surveys-feed", args=[token, "csv"]))
        return self.render_to_response(self.get_context_data(address=address, formats_of_feed=list(FORMATS)))

    def _again(self, problem: str) -> HttpResponse:
        """What was chosen stays chosen."""
        return self.render_to_response(self.get_context_data(problem=problem), status=422)


class ChangeSaved(ActionMixin, View):
    """Renames or removes saved settings."""

    permission_required = ("surveys.view_action", "surveys.view_response")
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = number(request.POST.get("saved", "")) or 0
        saved = get_object_or_404(SavedExport.objects.select_related("action"), action=self.action, pk=key)
        page = reverse("admin:surveys_action_export", args=[pk])
        user: Any = request.user
        try:
            if request.POST.get("as") == "rename":
                saving.rename(saved=saved, name=request.POST.get("name", ""), by=user)
                return HttpResponseRedirect(f"{page}?saved={saved.pk}")
            saving.remove(saved=saved, by=user)
            messages.success(request, _("“%(name)s” is removed.") % {"name": saved.name})
        except saving.CannotSave as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(page)


def _formats(types: set[str]) -> list[str]:
    """The formats that there is something for."""
    return [
        one
        for one in exporting.KINDS
        if (one != "geojson" or values.LOCATION in types) and (one != "zip" or types & set(values.FILE_TYPES))
    ]


def _columns(action: Action, questions: list[Question], told: Mapping[str, Any]) -> list[Choice]:
    wanted = told.get("columns") or ()
    pairs = [(one.key, capital(one.columns[0].title)) for one in table.about(action)]
    pairs += [(one.key, one.title or action.title) for one in questions]
    is_any = any(key in wanted for key, _title in pairs)
    return [Choice(key, title, key in wanted or not is_any) for key, title in pairs]


def _filters(action: Action, questions: list[Question], chosen: Filter) -> dict[str, Any]:
    rows = ActionInstance.objects.filter(action=action).select_related("group").order_by("group__name", "pk")
    return {
        "chosen": chosen,
        "choices": [
            *rows.filter(pk__in=chosen.instances),
            *rows.exclude(pk__in=chosen.instances)[:MOST_GROUPS],
        ],
        "option_questions": [one for one in questions if one.type in values.CHOICES],
        "answer_value": f"q{chosen.place}={chosen.answer}" if chosen.place is not None else "",
    }

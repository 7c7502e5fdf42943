"""Adoption, growth, and the groups that need a look."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.access import may
from groups.figures import counting, reading
from groups.figures.models import share
from groups.models import Group
from groups.unregistered import unregistered
from groups.views.group import TabLink
from kaizala_admin import exports
from kaizala_admin.ui.views import ConsoleView

SPANS = {"30": gettext_lazy("30 days"), "90": gettext_lazy("90 days"), "365": gettext_lazy("a year")}
SHOWN = 50  # lines of a list at a time
MOST_BARS = 90  # of a chart; a year is shown by weeks


class Figures(ConsoleView):
    permission_required = "groups.view_group"
    tab = ""

    def page_of(self, name: str, rows: Any) -> "Page[Any]":
        """The page of a list that the address asks for by `name`; several lists stand on one page."""
        return Paginator(rows, SHOWN).get_page(self.request.GET.get(name))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        links = [
            TabLink("adoption", _("Adoption"), reverse("admin:groups_figures")),
            TabLink("growth", _("Growth"), reverse("admin:groups_figures_growth")),
            TabLink("attention", _("Need a look"), reverse("admin:groups_figures_attention")),
        ]
        shown = {"tab": self.tab, "tab_links": links, "counted_at": counting.last_count()}
        return super().get_context_data(**{**shown, **kwargs})


class Adoption(Figures):
    """Registered and not: everybody, by branch, by group."""

    template_name = "groups/figures/adoption.html"
    title = gettext_lazy("Adoption and growth")
    tab = "adoption"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_export = may(self.request, "groups.view_member") and may(self.request, "exports.view_export")
        branches = self.page_of("branches", reading.branches())
        groups = self.page_of("groups", reading.groups())
        shown = {
            "tenants": reading.tenants(),
            "branch_page": branches,
            "branches": [(one, self._export(one.group) if may_export else "") for one in branches],
            "group_page": groups,
            "groups": [
                (group, share(group.people - group.unprovisioned_count, group.people), unregistered(group))
                for group in groups
            ],
            "export_url": self._export(None) if may_export else "",
            "files": self._files() if may(self.request, "exports.view_export") else [],
        }
        return super().get_context_data(**{**shown, **kwargs})

    def _files(self) -> list[tuple[str, str]]:
        """Both tables, whole."""
        titles = {"groups.branches": _("All branches as a file"), "groups.groups": _("All groups as a file")}
        return [(title, exports.new_url(key, {})) for key, title in titles.items()]

    def _export(self, group: Group | None) -> str:
        title = _("Not registered: %(group)s") % {"group": group.name if group else _("everybody")}
        return exports.new_url("groups.unregistered", {"branch": group.pk} if group else {}, title)


class Growth(Figures):
    """Who joined and left, a day at a time (a week at a time for a year)."""

    template_name = "groups/figures/growth.html"
    title = gettext_lazy("Adoption and growth")
    tab = "growth"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        span = self.request.GET.get("days", "30")
        if span not in SPANS:
            raise Http404(_("There is no such page."))
        found = reading.growth(int(span), self.group)
        step = 1 if len(found.days) <= MOST_BARS else 7
        words = {
            _("members joined"): "members_joined",
            _("members left"): "members_left",
            _("subscribers joined"): "subscribers_joined",
            _("subscribers left"): "subscribers_left",
        }
        series = [(word, _summed(found.series[name], step)) for word, name in words.items()]
        group = f"&group={self.group.pk}" if self.group else ""
        shown = {
            "group": self.group,
            "growth": found,
            "labels": [date_format(day, "SHORT_DATE_FORMAT") for day in found.days[::step]],
            "series": series,
            "totals": [(word, sum(values)) for word, values in series],
            "spans": [(key, word, f"?days={key}{group}") for key, word in SPANS.items()],
            "span": span,
            "weeks": step > 1,
        }
        return super().get_context_data(**{**shown, **kwargs})

    @cached_property
    def group(self) -> Group | None:
        if not (key := self.request.GET.get("group", "")):
            return None
        found = Group.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if found is None:
            raise Http404(_("There is no such group."))
        return found


class Attention(Figures):
    """Groups that nobody synced, that changed suddenly, that have no admin."""

    template_name = "groups/figures/attention.html"
    title = gettext_lazy("Adoption and growth")
    tab = "attention"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changes = reading.sudden()
        shown = {
            "grew": self.page_of("grew", [one for one in changes if one.net > 0]),
            "shrank": self.page_of("shrank", [one for one in changes if one.net < 0]),
            "without_admin": self.page_of("without_admin", reading.without_admin()),
            "unsynced": self.page_of("unsynced", reading.unsynced()),
            "stale_url": f"{reverse('admin:groups_group_changelist')}?stale={reading.UNSYNCED_DAYS}",
        }
        return super().get_context_data(**{**shown, **kwargs})


def _summed(values: list[int], step: int) -> list[int]:
    return [sum(values[at : at + step]) for at in range(0, len(values), step)]

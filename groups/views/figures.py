"""Adoption, growth, and the groups that need a look."""

from typing import Any

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
from groups.views.group import TabLink
from kaizala_admin import exports
from kaizala_admin.ui.views import ConsoleView

SPANS = {"30": gettext_lazy("30 days"), "90": gettext_lazy("90 days"), "365": gettext_lazy("a year")}
MOST_BARS = 90  # of a chart; a year is shown by weeks


class Figures(ConsoleView):
    permission_required = "groups.view_group"
    tab = ""

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
        shown = {
            "tenants": reading.tenants(),
            "branches": [(one, self._export(one.group) if may_export else "") for one in reading.branches()],
            "groups": [
                (group, share(group.people - group.unprovisioned_count, group.people), _people_url(group))
                for group in reading.groups()
            ],
            "export_url": self._export(None) if may_export else "",
            "shown": reading.SHOWN,
        }
        return super().get_context_data(**{**shown, **kwargs})

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
            "grew": [one for one in changes if one.net > 0][: reading.SHOWN],
            "shrank": [one for one in changes if one.net < 0][: reading.SHOWN],
            "without_admin": _some(reading.without_admin()),
            "unsynced": _some(reading.unsynced()),
            "shown": reading.SHOWN,
            "stale_url": f"{reverse('admin:groups_group_changelist')}?stale={reading.UNSYNCED_DAYS}",
        }
        return super().get_context_data(**{**shown, **kwargs})


def _some(rows: Any) -> tuple[list[Group], bool]:
    found = list(rows[: reading.SHOWN + 1])
    return found[: reading.SHOWN], len(found) > reading.SHOWN


def _summed(values: list[int], step: int) -> list[int]:
    return [sum(values[at : at + step]) for at in range(0, len(values), step)]


def _people_url(group: Group) -> str:
    what = "subscriber" if group.group_type == Group.Type.PUBLIC else "member"
    return f"{reverse(f'admin:groups_{what}_changelist')}?group__id__exact={group.pk}&registered=no"

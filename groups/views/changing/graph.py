"""New groups, and the links between groups."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView, View

from groups import tree
from groups.changes import checking, services
from groups.changes.forms import NewGroupForm, SubGroupForm, TopGroupForm
from groups.models import Group
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed
from kaizala_admin.ui.views import ConsoleMixin

from .base import MANAGE, ChangesGroup, progress_url

SHOWN = 25  # groups that a search offers


class CreateGroup(ConsoleMixin, FormView):  # type: ignore[type-arg]
    """A group of its own, or a managed public group."""

    permission_required = MANAGE
    form_class = TopGroupForm
    template_name = "groups/changes/form.html"
    title = gettext_lazy("Create a group")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "grants": checking.makers()}

    def get_initial(self) -> dict[str, Any]:
        return {"group_type": self.request.GET.get("type", Group.Type.GROUP)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("admin:groups_group_changelist")
        problem = "" if checking.makers() else NO_MAKER
        words = {"button": _("Create the group"), "back_url": back, "problem": problem}
        return super().get_context_data(**{**words, **kwargs})

    def form_valid(self, form: TopGroupForm) -> HttpResponse:
        data = form.cleaned_data
        by: Any = self.request.user
        try:
            change = services.create_group(**data, by=by)
        except checking.CannotChange as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return HttpResponseRedirect(progress_url([change]))

    def form_invalid(self, form: NewGroupForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


NO_MAKER = gettext_lazy(
    "No working grant can make a group. Add the grant of an organisation or of a user to a connector first."
)


class CreateSubGroup(ChangesGroup, FormView):  # type: ignore[type-arg]
    """A new group below this one."""

    tab = "sub_groups"
    form_class = SubGroupForm
    template_name = "groups/changes/form.html"
    title = gettext_lazy("Create a sub-group")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "region": self.group.tenant.default_region}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {
            "button": _("Create the sub-group"),
            "lead": _("A new group below “%(group)s”.") % {"group": self.group.name},
            "problem": checking.problem(self.group),
        }
        return super().get_context_data(**{**words, **kwargs})

    def form_valid(self, form: SubGroupForm) -> HttpResponse:
        by: Any = self.request.user
        return self.queue(lambda: [services.create_subgroup(parent=self.group, **form.cleaned_data, by=by)])

    def form_invalid(self, form: NewGroupForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class LinkGroup(ChangesGroup, TemplateView):
    """Finds an existing group and hangs it below this one; the graph stands beside it."""

    tab = "sub_groups"
    template_name = "groups/changes/link.html"
    title = gettext_lazy("Link a group below this one")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = self.request.GET.get("q", "").strip()[:100]
        shown = {
            "q": wanted,
            "found": self._found(wanted),
            "graph": tree.sub_graph(self.group),
            "problem": checking.problem(self.group),
        }
        return super().get_context_data(**{**shown, **kwargs})

    def _found(self, wanted: str) -> list[tuple[Group, str]]:
        """Groups with that in their name, each with what speaks against it. A constant number of queries."""
        children = checking.links_of([self.group.tenant_id])
        above = _above(self.group.pk, children)
        rows = Group.objects.filter(tenant=self.group.tenant_id, gone_at__isnull=True).order_by("name", "pk")
        if wanted:
            rows = rows.filter(name__icontains=wanted)
        return [(one, self._against(one, children, above)) for one in rows[:SHOWN]]

    def _against(self, one: Group, children: dict[int, set[int]], above: set[int]) -> str:
        if one.pk == self.group.pk:
            return _("this group itself")
        if one.pk in above:
            return _("stands above this group: it would be a ring")
        return _("is a sub-group already") if one.pk in children.get(self.group.pk, ()) else ""

    def post(self, request: HttpRequest, group_id: int) -> HttpResponse:
        child = _child(request)
        by: Any = request.user
        return self.queue(lambda: [services.link(parent=self.group, child=child, by=by)])


class UnlinkGroup(ChangesGroup, View):
    """Asks, then takes a sub-group off this group; the sub-group itself stays."""

    tab = "sub_groups"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, group_id: int) -> HttpResponse:
        child, by = _child(request), request.user
        if confirmed(request):
            return self.queue(
                lambda: [services.unlink(parent=self.group, child=child, by=by)]  # type: ignore[arg-type]
            )
        return ask_first(
            request,
            Confirmation(
                title=_("Unlink a sub-group"),
                question=_(
                    "Take this group off? It stays as it is, with its people; it can be linked again."
                ),
                button=_("Unlink"),
                cancel_url=self.back(),
                facts=[(_("Sub-group"), child.name), (_("Below"), self.group.name)],
                fields={"child": str(child.pk)},
                url=request.path,
            ),
        )


def _child(request: HttpRequest) -> Group:
    key = request.POST.get("child", "")
    found = Group.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if found is None:
        messages.warning(request, _("Choose a group."))
        raise Http404(_("There is no such group."))
    return found


def _above(bottom: int, children: dict[int, set[int]]) -> set[int]:
    """Every group from which links lead down to `bottom`."""
    parents: dict[int, set[int]] = {}
    for parent, below in children.items():
        for child in below:
            parents.setdefault(child, set()).add(parent)
    found: set[int] = set()
    to_do = [bottom]
    while to_do:
        for parent in parents.get(to_do.pop(), set()) - found:
            found.add(parent)
            to_do.append(parent)
    return found

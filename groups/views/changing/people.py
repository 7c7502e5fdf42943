"""Adding and taking out members and subscribers, and making admins."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, View

from groups.changes import checking, services
from groups.changes.forms import PeopleForm
from groups.changes.models import GroupChange
from groups.models import Group, Member
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed

from .base import ChangesGroup

MOST_AT_ONCE = 200  # members ticked in one list; each is a call


class _Numbers(ChangesGroup, FormView):  # type: ignore[type-arg]
    """A form of numbers. What cannot be done is said before anything is typed."""

    form_class = PeopleForm
    template_name = "groups/changes/form.html"
    button: Any = ""
    lead: Any = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "group": self.group}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"button": self.button, "lead": self.lead % {"group": self.group.name}}
        return super().get_context_data(**{"problem": self.problem(), **words, **kwargs})

    def problem(self) -> str:
        return checking.problem(self.group)

    def form_valid(self, form: PeopleForm) -> HttpResponse:
        return self.queue(lambda: self.ask(form.cleaned_data["numbers"]))

    def form_invalid(self, form: PeopleForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def ask(self, numbers: list[str]) -> Sequence[GroupChange]:
        raise NotImplementedError


class AddMembers(_Numbers):
    title = gettext_lazy("Add members")
    button = gettext_lazy("Add them")
    lead = gettext_lazy("Who shall be in “%(group)s”?")

    def ask(self, numbers: list[str]) -> Sequence[GroupChange]:
        return services.add_members(group=self.group, numbers=numbers, by=self.request.user)  # type: ignore[arg-type]


class AddSubscribers(_Numbers):
    tab = "subscribers"
    title = gettext_lazy("Add subscribers")
    button = gettext_lazy("Subscribe them")
    lead = gettext_lazy("Who shall follow “%(group)s”?")

    def problem(self) -> str:
        return _not_public(self.group) or super().problem()

    def ask(self, numbers: list[str]) -> Sequence[GroupChange]:
        return services.add_subscribers(group=self.group, numbers=numbers, by=self.request.user)  # type: ignore[arg-type]


class RemoveSubscribers(AddSubscribers):
    title = gettext_lazy("Remove subscribers")
    button = gettext_lazy("Unsubscribe them")
    lead = gettext_lazy(
        "Who shall not follow “%(group)s” any more? Whoever joined by themselves may join again."
    )

    def ask(self, numbers: list[str]) -> Sequence[GroupChange]:
        return services.remove_subscribers(group=self.group, numbers=numbers, by=self.request.user)  # type: ignore[arg-type]


def _not_public(group: Group) -> str:
    try:
        checking.need_public(group)
    except checking.CannotChange as error:
        return str(error)
    return ""


class _Ticked(ChangesGroup, View):
    """Members named by `member` in the form; asks first."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, group_id: int) -> HttpResponse:
        keys = [
            key for key in request.POST.getlist("member")[:MOST_AT_ONCE] if key.isdecimal() and len(key) < 19
        ]
        members = list(
            Member.objects.filter(group=self.group, pk__in=keys, gone_at__isnull=True).order_by("pk")
        )
        if members and not confirmed(request):
            return ask_first(request, self.confirmation(members))
        return self.queue(lambda: self.ask(members))

    def confirmation(self, members: Sequence[Member]) -> Confirmation:
        raise NotImplementedError

    def ask(self, members: Sequence[Member]) -> Sequence[GroupChange]:
        raise NotImplementedError

    def _names(self, members: Sequence[Member]) -> list[tuple[Any, object]]:
        some = ", ".join(str(member) for member in members[:5])
        return [(_("Group"), self.group.name), (_("Who"), some if len(members) <= 5 else f"{some}, …")]


class RemoveMembers(_Ticked):
    def confirmation(self, members: Sequence[Member]) -> Confirmation:
        count = len(members)
        admins = sum(member.role == Member.Role.ADMIN for member in members)
        warning = ngettext("%(n)s of them is an admin.", "%(n)s of them are admins.", admins) % {"n": admins}
        return Confirmation(
            title=_("Remove members"),
            question=ngettext(
                "Remove %(n)s person from this group? They can be added again.",
                "Remove %(n)s people from this group? They can be added again.",
                count,
            )
            % {"n": count},
            button=_("Remove"),
            cancel_url=self.back(),
            facts=[*self._names(members), (_("Calls"), count)],
            warnings=[warning] if admins else [],
            fields={"member": [str(member.pk) for member in members]},
            url=self.request.path,
        )

    def ask(self, members: Sequence[Member]) -> Sequence[GroupChange]:
        return services.remove_members(group=self.group, members=members, by=self.request.user)  # type: ignore[arg-type]


class SetRole(_Ticked):
    """One member; the form also has `role`."""

    @property
    def role(self) -> str:
        return Member.Role.ADMIN if self.request.POST.get("role") == Member.Role.ADMIN else Member.Role.MEMBER

    def confirmation(self, members: Sequence[Member]) -> Confirmation:
        to_admin = self.role == Member.Role.ADMIN
        question = (
            _("Make this person an admin? Admins can add and remove people, and make others admins.")
            if to_admin
            else _("Make this admin an ordinary member again?")
        )
        return Confirmation(
            title=_("Make an admin") if to_admin else _("Take the admin's rights"),
            question=question,
            button=_("Make an admin") if to_admin else _("Make an ordinary member"),
            cancel_url=self.back(),
            facts=self._names(members[:1]),
            fields={"member": str(members[0].pk), "role": self.role},
            url=self.request.path,
            tone="primary" if to_admin else "danger",
        )

    def ask(self, members: Sequence[Member]) -> Sequence[GroupChange]:
        if not members:
            raise checking.CannotChange(_("This person is not in the group any more."))
        by: Any = self.request.user
        return [services.set_role(group=self.group, member=members[0], role=self.role, by=by)]

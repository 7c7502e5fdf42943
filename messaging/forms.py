"""The audience half of the compose form; the other half is the kind's own form."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import Group
from groups.reading import sheets
from kaizala_admin.connectors.models import Tenant

from . import lines
from .audience import GROUPS, PEOPLE, PUBLIC, Choice
from .models import AudienceLine, Broadcast

GONE = gettext_lazy("A chosen group is not at Kaizala any more. Choose again.")
MODES = [
    (GROUPS, gettext_lazy("Groups")),
    (PUBLIC, gettext_lazy("All subscribers")),
    (PEOPLE, gettext_lazy("Chosen people")),
]


def present(group_type: str) -> Any:
    return Group.objects.filter(gone_at__isnull=True, group_type=group_type)


class AudienceForm(forms.Form):
    """Who. `tenant`, `choice` and `numbers` (None: leave the stored lines) hold a valid answer."""

    title = forms.CharField(required=False, max_length=200)
    mode = forms.ChoiceField(
        choices=MODES,
        error_messages={"required": gettext_lazy("Say who shall get it."), "invalid_choice": GONE},
    )
    groups = forms.ModelMultipleChoiceField(
        present("Group"),
        required=False,
        error_messages={"invalid_choice": GONE, "invalid_pk_value": GONE},
    )
    public = forms.ModelMultipleChoiceField(
        present("ConnectGroup"),
        required=False,
        error_messages={"invalid_choice": GONE, "invalid_pk_value": GONE},
    )
    send_to_all = forms.BooleanField(required=False)
    to = forms.ModelChoiceField(
        present("ConnectGroup"), required=False, error_messages={"invalid_choice": GONE}
    )
    pasted = forms.CharField(required=False, strip=False)
    file = forms.FileField(
        required=False,
        error_messages={"empty": gettext_lazy("The file is empty. Choose one with phone numbers.")},
    )

    def __init__(self, *args: Any, broadcast: Broadcast | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.broadcast = broadcast
        self.tenant: Tenant | None = None
        self.choice = Choice(GROUPS, ())
        self.numbers: list[lines.Line] | None = None

    @classmethod
    def initial_of(cls, broadcast: Broadcast) -> dict[str, Any]:
        """What the form shows for a stored draft."""
        choice = Choice.of(broadcast.audience)
        field = {GROUPS: "groups", PUBLIC: "public", PEOPLE: "to"}[choice.mode]
        chosen: Any = list(choice.group_ids)
        if choice.mode == PEOPLE:
            chosen = chosen[0] if chosen else None
        return {
            "title": broadcast.title,
            "mode": choice.mode,
            "send_to_all": choice.send_to_all,
            field: chosen,
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        mode = data.get("mode")
        if mode in (GROUPS, PUBLIC):
            self._clean_groups(mode, "groups" if mode == GROUPS else "public")
        elif mode == PEOPLE:
            self._clean_people()
        return data

    def _clean_groups(self, mode: str, field: str) -> None:
        chosen = list(self.cleaned_data.get(field) or ())
        if not chosen:
            if field not in self.errors:
                self.add_error(field, _("Choose at least one group."))
            return
        if len({group.tenant_id for group in chosen}) > 1:
            self.add_error(
                field, _("These groups belong to different organisations. Write to one at a time.")
            )
        self._choose(mode, chosen, send_to_all=mode == PUBLIC and bool(self.cleaned_data.get("send_to_all")))

    def _clean_people(self) -> None:
        group = self.cleaned_data.get("to")
        if group is None:
            if "to" not in self.errors:
                self.add_error("to", _("Choose the public group that these people follow."))
            return
        self._choose(PEOPLE, [group])
        pasted, file = self.cleaned_data.get("pasted") or "", self.cleaned_data.get("file")
        if pasted.strip() and file:
            self.add_error("file", _("Either paste numbers or upload a sheet, not both."))
        elif file:
            self._read("file", lambda: lines.from_file(file, file.size, group.tenant.default_region))
        elif pasted.strip():
            self._read("pasted", lambda: lines.from_text(pasted, group.tenant.default_region))
        elif "file" not in self.errors and not self._has_lines():
            self.add_error("pasted", _("Paste at least one number, or upload a sheet."))

    def _choose(self, mode: str, chosen: Sequence[Group], send_to_all: bool = False) -> None:
        self.tenant = chosen[0].tenant
        self.choice = Choice(mode, tuple(group.pk for group in chosen), send_to_all)

    def _read(self, field: str, read: Any) -> None:
        try:
            found: list[lines.Line] = read()
        except sheets.BadSheet as error:
            self.add_error(field, str(error))
            return
        if all(line.problem for line in found):
            self.add_error(field, _none_right(found))
        self.numbers = found

    def _has_lines(self) -> bool:
        return self.broadcast is not None and self.broadcast.lines.exists()


def _none_right(found: Sequence[lines.Line]) -> str:
    if not found:
        return _("There is no phone number in it.")
    first = found[0]
    said = {"line": first.line, "given": first.given, "why": AudienceLine.Problem(first.problem).label}
    return _("None of these is a phone number. Line %(line)s, “%(given)s”: %(why)s") % said

"""The audience half of the compose form; the other half is the kind's own form."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.models import Group
from groups.reading import sheets
from kaizala_admin.connectors.models import Tenant

from . import lines
from .audience import GROUPS, MIX, PEOPLE, PUBLIC, Expression
from .audience.written import expression_of, initial_of
from .models import AudienceLine, Broadcast, Priority, SavedAudience

GONE = gettext_lazy("A chosen group is not at Kaizala any more. Choose again.")
LOST = gettext_lazy("A chosen one does not exist any more. Choose again.")
MODES = [
    (GROUPS, gettext_lazy("Groups")),
    (PUBLIC, gettext_lazy("All subscribers")),
    (PEOPLE, gettext_lazy("Chosen people")),
    (MIX, gettext_lazy("A mix")),
]
FIELD_OF = {GROUPS: "groups", PUBLIC: "public", PEOPLE: "pasted", MIX: "saved"}
MOST_DAYS = 3650


def present(group_type: str = "") -> QuerySet[Group]:
    rows = Group.objects.filter(gone_at__isnull=True)
    return rows.filter(group_type=group_type) if group_type else rows


def launched() -> QuerySet[Broadcast]:
    return Broadcast.objects.filter(launched_at__isnull=False)


def _several(rows: QuerySet[Any], said: Any = GONE) -> Any:
    words = {"invalid_choice": said, "invalid_pk_value": said}
    return forms.ModelMultipleChoiceField(rows, required=False, error_messages=words)


class AudienceForm(forms.Form):
    """Who. `tenant`, `expression` and `numbers` (None: leave the stored lines) hold a valid answer."""

    title = forms.CharField(required=False, max_length=200)
    priority = forms.ChoiceField(choices=Priority.choices, required=False)
    mode = forms.ChoiceField(
        choices=MODES,
        error_messages={"required": gettext_lazy("Say who shall get it."), "invalid_choice": GONE},
    )
    groups = _several(present("Group"))
    sub_groups = forms.BooleanField(required=False)
    public = _several(present("ConnectGroup"))
    every_public = forms.BooleanField(required=False)
    saved = _several(SavedAudience.objects.all(), LOST)
    to = forms.ModelChoiceField(
        present("ConnectGroup"), required=False, error_messages={"invalid_choice": GONE}
    )
    through = _several(present("ConnectGroup"))
    pasted = forms.CharField(required=False, strip=False)
    file = forms.FileField(
        required=False,
        error_messages={"empty": gettext_lazy("The file is empty. Choose one with phone numbers.")},
    )
    left_groups = _several(present())
    left_sub_groups = forms.BooleanField(required=False)
    left_saved = _several(SavedAudience.objects.all(), LOST)
    reached_by = _several(launched(), LOST)
    reached_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        error_messages={"invalid": gettext_lazy("Write a number of days, or nothing.")},
    )
    also_barred = forms.BooleanField(required=False)
    batches = forms.BooleanField(required=False)

    def __init__(self, *args: Any, broadcast: Broadcast | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.broadcast = broadcast
        self.tenant: Tenant | None = None
        self.expression = Expression()
        self.numbers: list[lines.Line] | None = None

    @classmethod
    def initial_of(cls, broadcast: Broadcast) -> dict[str, Any]:
        """What the form shows for a stored draft."""
        said = initial_of(Expression.of(broadcast.audience))
        return {**said, "title": broadcast.title, "priority": broadcast.priority}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        mode = data.get("mode")
        if mode and self._someone(mode):
            self._one_tenant(mode)
        if mode in (PEOPLE, MIX) and self.tenant is not None:
            self._read_numbers(mode)
        if not self.errors:
            has_numbers = mode == PEOPLE or bool(self.numbers) or (self.numbers is None and self._has_lines())
            kept = Expression.of(self.broadcast.audience) if self.broadcast else Expression()
            self.expression = expression_of(data, numbers=has_numbers, kept=kept)
        return data

    def clean_priority(self) -> int:
        return int(self.cleaned_data["priority"] or Priority.NORMAL)

    def _someone(self, mode: str) -> bool:
        """Whether anybody is chosen; says what is missing at its field."""
        data = self.cleaned_data
        if mode == PEOPLE:
            if not data.get("to"):
                self._say("to", _("Choose the public group that these people follow."))
            return bool(data.get("to"))
        wanted: tuple[str, ...] = ("groups",) if mode == GROUPS else ("public", "every_public")
        if mode == MIX:
            wanted = ("groups", "public", "every_public", "saved", "pasted", "file")
        chosen = any(data.get(name) for name in wanted) or (mode == MIX and self._has_lines_or_members())
        if not chosen and not any(name in self.errors for name in wanted):
            words = _("Choose at least one group.")
            self._say(
                FIELD_OF[mode],
                _("Choose somebody: a group, a saved audience or a number.") if mode == MIX else words,
            )
        return chosen

    def _say(self, field: str, words: str) -> None:
        if field not in self.errors:
            self.add_error(field, words)

    def _one_tenant(self, mode: str) -> None:
        """All that is chosen belongs to one organisation; without a choice there has to be only one."""
        names = {GROUPS: ("groups",), PUBLIC: ("public",), PEOPLE: ("to",)}.get(
            mode, ("groups", "public", "saved", "through")
        )
        rows = [row for name in names for row in _rows(self.cleaned_data.get(name))]
        found = {row.tenant_id: row for row in rows}
        if len(found) > 1:
            words = _("These groups belong to different organisations. Write to one at a time.")
            self.add_error(FIELD_OF[mode], words)
        elif found:
            self.tenant = Tenant.objects.get(pk=next(iter(found)))
        else:
            self._only_tenant(mode)

    def _only_tenant(self, mode: str) -> None:
        every = list(Tenant.objects.all()[:2])
        if len(every) == 1:
            self.tenant = every[0]
        else:
            self.add_error(
                FIELD_OF[mode], _("Choose a group too, so that it is clear which organisation is meant.")
            )

    def _read_numbers(self, mode: str) -> None:
        assert self.tenant is not None
        region = self.tenant.default_region
        pasted, file = self.cleaned_data.get("pasted") or "", self.cleaned_data.get("file")
        if pasted.strip() and file:
            self.add_error("file", _("Either paste numbers or upload a sheet, not both."))
        elif file:
            self._read("file", lambda: lines.from_file(file, file.size, region))
        elif pasted.strip():
            self._read("pasted", lambda: lines.from_text(pasted, region))
        elif mode == PEOPLE and "file" not in self.errors and not self._has_lines():
            self.add_error("pasted", _("Paste at least one number, or upload a sheet."))

    def _read(self, field: str, read: Any) -> None:
        try:
            found: list[lines.Line] = read()
        except sheets.BadSheet as error:
            self.add_error(field, str(error))
            return
        if all(line.problem for line in found):
            self.add_error(field, _none_right(found))
        self.numbers = found

    def _has_lines_or_members(self) -> bool:
        if self.broadcast is None:
            return False
        return self._has_lines() or bool(Expression.of(self.broadcast.audience).include.one_by_one)

    def _has_lines(self) -> bool:
        return self.broadcast is not None and self.broadcast.lines.exists()


def _rows(chosen: Any) -> Iterable[Any]:
    if chosen is None:
        return ()
    return (chosen,) if isinstance(chosen, Group) else chosen


def _none_right(found: list[lines.Line]) -> str:
    if not found:
        return _("There is no phone number in it.")
    first = found[0]
    said = {"line": first.line, "given": first.given, "why": AudienceLine.Problem(first.problem).label}
    return _("None of these is a phone number. Line %(line)s, “%(given)s”: %(why)s") % said

"""What the pages of one import share."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from groups.imports.models import ImportRun
from kaizala_admin.ui.views import ConsoleMixin

VIEW, MANAGE = "groups.view_importrun", "groups.manage_group"
TONES = {
    "reading": "info",
    "mapping": "warning",
    "checked": "warning",
    "running": "info",
    "paused": "warning",
    "finished": "success",
    "failed": "danger",
}


def url(name: str, *args: object) -> str:
    """The address of one of our pages: url("show", 7)."""
    return reverse(f"admin:groups_importrun_{name}", args=args)


class ImportMixin(ConsoleMixin):
    """`pk` in the address. Raises Http404 when there is no such import."""

    kwargs: dict[str, Any]

    @cached_property
    def run(self) -> ImportRun:
        rows = ImportRun.objects.select_related("group", "tenant", "created_by", "accepted_by", "undoes")
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(_("There is no such import."))
        return found

    def get_title(self) -> str:
        return f"{self.run.get_kind_display()}: {self.run.file_name}"

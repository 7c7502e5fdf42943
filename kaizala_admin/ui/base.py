"""The base of every admin page: Unfold's look and our house rules, in one place."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from .paginator import CappedPaginator


class ConsoleChangeList(ChangeList):  # type: ignore[misc]
    """The number of rows stands once, at the foot of the list, where it may read "10,000+".

    A list is called by its name; "Select group to view" is left to the windows that select.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:
            self.title = capfirst(self.opts.verbose_name_plural)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class BaseAdmin(ModelAdmin):  # type: ignore[misc]
    """Lists stay cheap at a million rows: no full count, one page of 50.

    `empty_title` and `empty_text` are what an empty list says; its button, where one may add, `empty_label`.
    """

    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_fullwidth = True
    list_filter_submit = True
    list_filter_sheet = False
    compressed_fields = True
    warn_unsaved_form = True
    empty_title: str | Promise = _("Nothing here yet")
    empty_text: str | Promise = ""
    empty_label: str | Promise = ""
    empty_icon = "inbox"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleChangeList]:
        return ConsoleChangeList


class ReadOnlyAdmin(BaseAdmin):
    """A mirror or a log: staff look, only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

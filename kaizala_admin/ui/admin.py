"""The base of every admin page: Unfold's look and our house rules, in one place."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin


class BaseAdmin(ModelAdmin):  # type: ignore[misc]
    """Lists stay cheap at a million rows: no full count, one page of 50."""

    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True


class ReadOnlyAdmin(BaseAdmin):
    """A mirror or a log: staff look, only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

"""Connectors and grants are written by services all the time: a page writes only what it changed."""

from typing import Any

from django.http import HttpRequest

from kaizala_admin.ui.admin import BaseAdmin

COLUMNS = {"new_secret": "application_secret"}  # where a field's column has another name


class ChangedOnlyAdmin(BaseAdmin):
    """Without this a page could put back the refresh token that Kaizala replaced while it was saved."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        obj.save(update_fields=[COLUMNS.get(name, name) for name in form.changed_data])

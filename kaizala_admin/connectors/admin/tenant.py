"""Organisations."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.forms import TenantForm
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.ui.admin import BaseAdmin
from kaizala_admin.ui.columns import column


@admin.register(Tenant)
class TenantAdmin(BaseAdmin):
    form = TenantForm
    list_display = [
        "name",
        "calls_per_minute",
        "connector_count",
        "default_region",
        "time_zone",
        "many_people",
    ]
    search_fields = ["name"]
    empty_title = _("No organisation yet")
    empty_text = _("Add the organisation that your connectors belong to.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        rows: QuerySet[Tenant] = super().get_queryset(request)
        return rows.annotate(connector_count=Count("connectors"))

    @column(_("connectors"), ordering="connector_count")
    def connector_count(self, tenant: Any) -> int:
        return int(tenant.connector_count)

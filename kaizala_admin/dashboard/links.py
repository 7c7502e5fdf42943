"""Addresses of filtered lists: every number leads to its rows."""

from urllib.parse import urlencode

from django.db import models
from django.http import HttpRequest
from django.urls import reverse


def rows_url(model: type[models.Model], **filters: object) -> str:
    """The model's list, filtered by the given lookups."""
    meta = model._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def row_url(row: models.Model) -> str:
    """The row's own page."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def may_see(request: HttpRequest, model: type[models.Model]) -> bool:
    """Whether this person may look at rows of the model."""
    meta = model._meta
    return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

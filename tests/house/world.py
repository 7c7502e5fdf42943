"""Rows of any model, without knowing the model: each row with parents of its own, so that N+1 shows."""

from datetime import datetime, time
from typing import Any

from django.db import models
from django.utils import timezone

CANARY = "canary-7f3a9c-do-not-show"
PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
SECRET_WORDS = ("secret", "token", "password")


def make(model: type[models.Model], index: int = 1) -> Any:
    """Saves one row of `model`; rows with different indexes share nothing."""
    values = {}
    for field in model._meta.concrete_fields:
        if field.primary_key and not isinstance(field, models.CharField | models.ForeignKey):
            continue
        if (value := value_of(field, index)) is not None:
            values[field.name] = value
    return model._base_manager.create(**values)


def have(model: type[models.Model], index: int = 1) -> Any:
    """The row number `index` of the model; made now unless it is there already."""
    known = model._base_manager.order_by("pk")[index - 1 : index].first()
    return known or make(model, index)


def value_of(field: Any, index: int) -> Any:
    """A plausible value, or None where the model has its own."""
    if isinstance(field, models.ForeignKey):
        return parent_of(field, index)
    if any(word in field.name for word in SECRET_WORDS) and isinstance(
        field, models.CharField | models.TextField
    ):
        return f"{CANARY}-{index}"
    if field.has_default():
        return None
    return plain_value(field, index)


def parent_of(field: Any, index: int) -> Any:
    related = field.related_model
    if related is field.model or related._meta.label == "contenttypes.ContentType":
        return None if field.null else related._base_manager.first()
    return have(related, index)


def plain_value(field: Any, index: int) -> Any:
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.CharField | models.TextField):
        return text_for(field, index)
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.DateTimeField):
        return None if field.null else datetime_for()
    if isinstance(field, models.DateField):
        return None if field.null else datetime_for().date()
    if isinstance(field, models.TimeField):
        return None if field.null else time(9)
    if isinstance(field, models.GenericIPAddressField):
        return f"127.0.0.{index}"
    if isinstance(field, models.IntegerField | models.FloatField):
        return index
    return None


def text_for(field: Any, index: int) -> str:
    if isinstance(field, models.URLField):
        return f"https://example.org/{index}"
    if field.name.endswith(("_url", "_pic")):
        return PICTURE
    words = f"{field.verbose_name} {index}"
    return words[: field.max_length] if field.max_length else words


def datetime_for() -> datetime:
    return timezone.now()

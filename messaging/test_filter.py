"""Tests stand in the list of broadcasts only when asked for."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class TestFilter(SimpleListFilter):
    """Without tests, unless one asks for them; `tests=7` are those of broadcast 7."""

    __test__ = False
    title = _("tests")
    parameter_name = "tests"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("only", _("Only tests")), ("with", _("With tests"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value == "with":
            return queryset
        if value.isdecimal() and len(value) < 19:
            return queryset.filter(test_of=int(value))
        return queryset.filter(is_test=value == "only")

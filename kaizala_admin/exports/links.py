"""Addresses of our pages, for the apps above."""

import json
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode


def new_url(kind: str, parameters: Mapping[str, Any] | None = None, title: str = "") -> str:
    """The page that offers the formats. `title` says what is exported; the kind's own title when empty."""
    query = {"kind": kind, "parameters": json.dumps(dict(parameters or {}))}
    if title:
        query["title"] = title
    return f"{reverse('admin:exports_export_new')}?{urlencode(query)}"

"""Who may do what, asked on the server."""

from typing import Any

from django.http import HttpRequest


def may(request: HttpRequest, permission: str) -> bool:
    """Whether the person of this request has the permission, such as "groups.sync_group"."""
    person: Any = request.user
    return bool(person.has_perm(permission))

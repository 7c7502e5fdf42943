"""One person a role, as the migrations made the roles."""

from typing import Any

from django.contrib.auth.models import Group, User

from kaizala_admin.ui.roles import ROLES

PASSWORD = "a long enough word for tests"


def person(role: str, **more: Any) -> User:
    """A member of staff with this one role ("" for staff without any)."""
    user = User.objects.create(username=role.lower() or "no-role", is_staff=True, **more)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def everyone() -> dict[str, User]:
    return {role: person(role) for role in ("", *ROLES)}

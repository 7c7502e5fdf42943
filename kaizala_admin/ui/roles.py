"""The roles that come with the product. Each app's migration hands its own permissions to them."""

from collections.abc import Mapping, Sequence
from typing import Any

VIEWER, OPERATOR, APPROVER, ADMINISTRATOR = "Viewer", "Operator", "Approver", "Administrator"
ROLES = (VIEWER, OPERATOR, APPROVER, ADMINISTRATOR)  # each may do all that the ones before it may


def grant(apps: Any, app_label: str, permissions: Mapping[str, Sequence[str]]) -> None:
    """Gives `permissions[role]` (codenames of `app_label`) to that role and to every role above it.

    Runs inside a migration, before Django has written the permissions: it writes the missing ones first.
    """
    from django.apps import apps as installed
    from django.contrib.auth.management import create_permissions

    create_permissions(installed.get_app_config(app_label), verbosity=0)
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for role, codenames in permissions.items():
        rows = list(
            permission_model.objects.filter(content_type__app_label=app_label, codename__in=codenames)
        )
        if missing := set(codenames) - {row.codename for row in rows}:
            raise LookupError(f"{app_label} has no permissions {sorted(missing)}")
        for name in ROLES[ROLES.index(role) :]:
            group_model.objects.get_or_create(name=name)[0].permissions.add(*rows)

"""Changes as rows of the outbox, and into the line with them."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from groups.models import Group
from kaizala_admin.connectors.models import Grant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane

from .checking import CannotChange
from .models import GroupChange

By = AbstractBaseUser | None


def change_of(
    kind: str, grant: Grant, group: Group | None, payload: dict[str, Any], by: By, **more: Any
) -> GroupChange:
    """Not stored yet. `more`: other fields of the row; `tag` goes into its payload."""
    tag = more.pop("tag", {})
    fields = {"lane": Lane.PERSON, "created_by_id": by.pk if by else None, **more}
    return GroupChange(
        kind=kind,
        grant=grant,
        connector_id=grant.connector_id,
        group=group,
        payload={**payload, **tag},
        **fields,
    )


def post(rows: list[GroupChange]) -> list[GroupChange]:
    """Raises CannotChange when there is none."""
    if not rows:
        raise CannotChange(_("Nobody is named. Choose or write at least one person."))
    with transaction.atomic():
        return outbox.post(rows)

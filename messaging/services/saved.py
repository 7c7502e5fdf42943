"""Saved messages, sets of test phones, and what staff tell of themselves."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant
from messaging import kinds, trail
from messaging.timing.models import Profile, SavedMessage

from .lists import save_named


def save_message(
    *,
    tenant: Tenant,
    name: str,
    kind: str,
    content: Mapping[str, Any],
    by: Any,
    saved: SavedMessage | None = None,
) -> SavedMessage:
    """Makes a saved message, or changes `saved`. Raises NameTaken."""
    named = name.strip() or kinds.get(kind).summary(content) or _("Untitled")
    row = saved or SavedMessage()
    before = row.name
    row.tenant, row.name, row.kind, row.content = tenant, named[:200], kind, dict(content)
    row.saved_by, row.saved_at = by, timezone.now()
    taken = _("Another saved message has this name already. Choose another one.")
    save_named(row, by, before=before, taken=taken)
    return row


def copy_message(saved: SavedMessage, by: Any) -> SavedMessage:
    """The same under the next free name."""
    taken = set(SavedMessage.objects.filter(tenant=saved.tenant_id).values_list("name", flat=True))
    name = _("Copy of %(title)s") % {"title": saved.name}
    free = next(one for at in range(1, len(taken) + 2) if (one := _numbered(name, at)) not in taken)
    return save_message(tenant=saved.tenant, name=free, kind=saved.kind, content=saved.content, by=by)


def _numbered(name: str, at: int) -> str:
    return name[:200] if at == 1 else f"{name[:190]} ({at})"


def delete_message(saved: SavedMessage, by: Any) -> None:
    """Drafts and broadcasts that were made from it keep their content."""
    with transaction.atomic():
        trail.note(saved, by, "throw away", before=saved.name, action=trail.GONE)
        saved.delete()


def save_profile(*, user: Any, mobile_number: str, time_zone: str) -> None:
    """`mobile_number` in E.164 or "", `time_zone` a name or "" for the console's."""
    values = {"mobile_number": mobile_number, "time_zone": time_zone}
    Profile.objects.update_or_create(user=user, defaults=values)

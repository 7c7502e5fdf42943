"""Drafts: write, change, copy, throw away. Nothing here calls Kaizala."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from kaizala_admin.connectors.models import Tenant
from messaging import kinds, lines, trail
from messaging.audience import Choice, Expression
from messaging.models import AudienceLine, Broadcast, Priority, SavedAudience
from messaging.timing.models import Firing

from . import gate, stopping
from .launching import fingerprint

DRAFT = Broadcast.State.DRAFT


class NotADraft(Exception):
    """Somebody has sent it meanwhile, so it cannot be changed any more."""


class Overtaken(Exception):
    """Somebody has changed it since it was opened. Nothing is saved; who saves again knows of it."""


def version(broadcast: Broadcast) -> str:
    """Changes with anything that the form shows, or that saving would undo; carried by the form."""
    said = [fingerprint(broadcast), broadcast.title, broadcast.priority, broadcast.state]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def save_draft(
    *,
    tenant: Tenant,
    choice: Choice | Expression,
    content: Mapping[str, Any],
    by: AbstractBaseUser | None,
    title: str = "",
    kind: str = "text",
    numbers: Sequence[lines.Line] | None = None,
    broadcast: Broadcast | None = None,
    priority: int = Priority.NORMAL,
    opened: str | None = None,
) -> Broadcast:
    """Writes a new draft, or changes `broadcast`. `numbers` replace the stored lines; None leaves them.

    A change of a broadcast that awaits approval voids the request: it is a draft again. `opened` is the
    `version` that the person began with.

    Raises NotADraft when it has been sent meanwhile, Overtaken when it is another version by now.
    """
    named = title.strip() or kinds.get(kind).summary(content) or _("Untitled")
    fields = {
        "tenant": tenant,
        "title": named[:200],
        "kind": kind,
        "content": dict(content),
        "audience": choice.as_json(),
        "priority": priority,
    }
    with transaction.atomic():
        if broadcast and opened is not None:
            _need_version(broadcast, opened)
        saved = change(broadcast, fields, by) if broadcast else create(fields, by)
        note_uses(saved)
        if numbers is not None:
            lines.store(saved, numbers)
    return saved


def note_uses(broadcast: Broadcast) -> None:
    """So that a saved audience's page can say who uses it."""
    used = Expression.of(broadcast.audience).saved_ids
    if used or broadcast.uses.exists():
        broadcast.uses.set(SavedAudience.objects.filter(pk__in=used))


def create(fields: dict[str, Any], by: AbstractBaseUser | None) -> Broadcast:
    """A row with these fields, noted in the log; inside the caller's transaction."""
    who: Any = by
    written: dict[str, Any] = {"created_by": who, "changed_by": who, **fields}
    broadcast: Broadcast = Broadcast.objects.create(**written)
    trail.note(broadcast, by, "write", after=broadcast.title, action=trail.NEW)
    return broadcast


def _need_version(broadcast: Broadcast, opened: str) -> None:
    now = Broadcast.objects.select_for_update(no_key=True, of=("self",)).select_related("changed_by")
    found = now.get(pk=broadcast.pk)
    if version(found) != opened and found.state in Broadcast.OPEN:
        raise Overtaken(
            _(
                "This is not what you opened any more: it was changed last by %(who)s, "
                "and is “%(state)s” now. Nothing is saved yet; what you wrote is below."
            )
            % {"who": found.changed_by or _("the console"), "state": found.get_state_display()}
        )


def change(broadcast: Broadcast, fields: dict[str, Any], by: AbstractBaseUser | None) -> Broadcast:
    """Writes these fields alone, noted in the log; inside the caller's transaction. Raises NotADraft."""
    if not _write(broadcast, {**fields, "changed_by": by}, by):
        raise NotADraft(_("This broadcast has been sent already, so it cannot be changed. Copy it instead."))
    changed = Broadcast.objects.get(pk=broadcast.pk)
    trail.note(changed, by, "change", before=broadcast.title, after=changed.title)
    return changed


def _write(broadcast: Broadcast, fields: dict[str, Any], by: AbstractBaseUser | None) -> bool:
    """A change of what waits for an approval, or for its time, makes it a draft again."""
    if Broadcast.objects.filter(pk=broadcast.pk, state=DRAFT).update(**fields):
        return True
    if stopping.change(broadcast, by, **fields):
        return True
    waiting = Broadcast.objects.filter(pk=broadcast.pk, state=Broadcast.State.AWAITING)
    if not waiting.update(state=DRAFT, **fields):
        return False
    gate.void(broadcast, by, _("It was changed meanwhile."))
    trail.note(broadcast, by, "withdraw", Broadcast.State.AWAITING, DRAFT, reason="changed")
    return True


def copy_as_draft(broadcast: Broadcast, by: AbstractBaseUser | None, **other: Any) -> Broadcast:
    """A new draft with the same content, audience and numbers; `other` fields are its own."""
    with transaction.atomic():
        copy = create(
            {
                "tenant": broadcast.tenant,
                "title": (_("Copy of %(title)s") % {"title": broadcast.title})[:200],
                "kind": broadcast.kind,
                "content": broadcast.content,
                "audience": broadcast.audience,
                "priority": broadcast.priority,
                "columns": broadcast.columns,
                **other,
            },
            by,
        )
        note_uses(copy)
        _copy_lines(broadcast, copy)
    return copy


def _copy_lines(source: Broadcast, target: Broadcast) -> None:
    stored = AudienceLine.objects.filter(broadcast=source).order_by("id").values_list(*lines.FIELDS)
    lines.insert(target, stored)


def delete_draft(broadcast: Broadcast, by: AbstractBaseUser | None) -> bool:
    """Throws a draft away. False: it is none any more, or its schedule has a history, which stays."""
    with transaction.atomic():
        if not Broadcast.objects.select_for_update().filter(pk=broadcast.pk, state=DRAFT).exists():
            return False
        if has_history(broadcast):
            return False
        trail.note(broadcast, by, "throw away", before=broadcast.title)
        AudienceLine.objects.filter(broadcast=broadcast).delete()
        Broadcast.objects.filter(pk=broadcast.pk, state=DRAFT).delete()
    return True


def has_history(broadcast: Broadcast) -> bool:
    """Whether times of its schedule came: what became of each must stay readable."""
    return Firing.objects.filter(schedule__broadcast=broadcast).exists()

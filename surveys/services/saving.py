"""Settings of exports under a name: saved, used again, renamed, removed."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kaizala_admin.connectors import clock
from messaging import trail
from surveys import values as answers
from surveys.models import Action, SavedExport


class CannotSave(Exception):
    """`str()` says why, for a person."""


def may_change(user: Any, saved: SavedExport) -> bool:
    """Whether this person may replace, rename or remove it: its maker, and operators."""
    return saved.created_by_id == user.pk or bool(user.has_perm("surveys.change_savedexport"))


def save(
    *, action: Action, name: str, parameters: Mapping[str, Any], by: AbstractBaseUser
) -> tuple[SavedExport, bool]:
    """The settings, and whether they are new: those of the same name are replaced. Raises CannotSave."""
    told: Any = by
    values = {"parameters": {**parameters, "action": action.pk}, "saved_at": clock.now()}
    with transaction.atomic():
        row, is_new = SavedExport.objects.get_or_create(
            action=action, name=_named(name), defaults={**values, "created_by": told}
        )
        if not is_new:
            _check(by, row)
            SavedExport.objects.filter(pk=row.pk).update(**values)
            row.refresh_from_db()
        trail.note(action, by, "save export settings", after=row.name)
    return row, is_new


def rename(*, saved: SavedExport, name: str, by: AbstractBaseUser) -> None:
    """Raises CannotSave, also when another one has the name."""
    _check(by, saved)
    name = _named(name)
    try:
        with transaction.atomic():
            done = SavedExport.objects.filter(pk=saved.pk).update(name=name)
    except IntegrityError as error:
        raise CannotSave(_("There are settings of this name already.")) from error
    if done and name != saved.name:
        trail.note(saved.action, by, "rename export settings", before=saved.name, after=name)


def remove(*, saved: SavedExport, by: AbstractBaseUser) -> bool:
    """False: they were removed before. Raises CannotSave."""
    _check(by, saved)
    done, _each = SavedExport.objects.filter(pk=saved.pk).delete()
    if done:
        trail.note(saved.action, by, "remove export settings", before=saved.name)
    return bool(done)


def _named(name: str) -> str:
    name = " ".join(answers.writable(name).split())[:100]
    if not name:
        raise CannotSave(_("Give the settings a name."))
    return name


def _check(by: Any, saved: SavedExport) -> None:
    if not may_change(by, saved):
        raise CannotSave(_("These settings are somebody else's: save yours under another name."))

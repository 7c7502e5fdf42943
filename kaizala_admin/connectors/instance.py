"""Which console this database belongs to. A copied or restored database sends nothing until a person says so.

Our identity lies outside the database, so it is not copied with it; the one inside names whom it serves.
"""

import contextlib
import os
import secrets
from datetime import datetime
from pathlib import Path

from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext as _

from kaizala_admin.kaizala import NotSent

from . import clock
from .models import Instance

ONLY = 1  # the key of the one row


class NoIdentity(ImproperlyConfigured):
    """Nobody can say which console this is. Nothing may be sent."""


def ours() -> str:
    """KAIZALA_INSTANCE, or what the file `instance` under VAR_DIR holds; it is made when it is missing.

    Raises NoIdentity when the file can be neither read nor made.
    """
    if settings.KAIZALA_INSTANCE:
        return str(settings.KAIZALA_INSTANCE)
    path = Path(settings.VAR_DIR) / "instance"
    try:
        if not path.exists():
            _make(path)
        return path.read_text().strip()
    except OSError as error:
        raise NoIdentity(
            f"{path} can be neither read nor made ({error.strerror}), so this console does not know which "
            "one it is, and sends nothing. Let its account write there, or set KAIZALA_INSTANCE."
        ) from error


def held_since() -> datetime | None:
    """Since when nothing is sent because the database is another console's; None: all is well. One query.

    A database that belongs to nobody yet becomes ours.
    """
    found = Instance.objects.filter(pk=ONLY).first()
    if found is None:
        Instance.objects.bulk_create([Instance(pk=ONLY, identity=ours())], ignore_conflicts=True)
        found = Instance.objects.get(pk=ONLY)
    if found.held_since is None and found.identity != ours():
        Instance.objects.filter(pk=ONLY, identity=found.identity, held_since=None).update(
            held_since=clock.now()
        )
        found = Instance.objects.get(pk=ONLY)
    return found.held_since


class ThisIsHeld(NotSent):
    """A person must say first that this is the console."""


def check_not_held() -> None:
    """Before anything that costs another console its tokens, whoever asks for it. Raises ThisIsHeld."""
    if held_since():
        raise ThisIsHeld(
            _(
                "This database was restored or copied, and a new token here would take away the one of the "
                "console that it comes from. If that one runs no more, say on the Outbox page that this is "
                "the console now."
            )
        )


def hold() -> None:
    """Takes the identity out of the database: whoever opens it next sends nothing by itself."""
    Instance.objects.update_or_create(pk=ONLY, defaults={"identity": ""})


def go_on(*, by: AbstractBaseUser) -> bool:
    """This is the console now; kept in the audit log. False when somebody said so before."""
    with transaction.atomic():
        found = Instance.objects.select_for_update().filter(pk=ONLY, held_since__isnull=False).first()
        if found is None:
            return False
        won = Instance.objects.filter(pk=ONLY, held_since__isnull=False).update(
            identity=ours(), held_since=None
        )
        if won:
            LogEntry.objects.create(
                content_type=ContentType.objects.get_for_model(Instance),
                object_pk=str(ONLY),
                object_id=ONLY,
                object_repr=str(found),
                action=LogEntry.Action.UPDATE,
                changes={"held_since": [found.held_since.isoformat() if found.held_since else "", "None"]},
                actor_id=by.pk,
            )
    return bool(won)


def _make(path: Path) -> None:
    """Whole or not at all, and only once: of many processes that start together, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"instance.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(16))
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()

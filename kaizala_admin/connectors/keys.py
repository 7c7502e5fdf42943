"""Changing the keys of what is encrypted at rest (reliability 1.15)."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db.models import F, TextField
from django.db.models.functions import Cast

from .fields import EncryptedTextField, ring

BATCH = 500


@dataclass
class Count:
    """Stored secrets: written anew, on an older key still, and unreadable with the keys there are."""

    rewritten: int = 0
    older: int = 0
    unreadable: int = 0


def rotate() -> Count:
    """Writes every stored secret under the newest key, each only if nobody changed it meanwhile."""
    count = Count()
    for column in _columns():
        for pk, stored in _stored(column):
            if not _on_newest(stored):
                count.rewritten += _rewrite(column, pk, stored)
    left = tally()
    count.older, count.unreadable = left.older, left.unreadable
    return count


def tally() -> Count:
    """Counts only."""
    count = Count()
    for column in _columns():
        for _, stored in _stored(column):
            if not _on_newest(stored):
                readable = _plain(stored) is not None
                count.older += readable
                count.unreadable += not readable
    return count


def _columns() -> Iterator[EncryptedTextField]:
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield from (field for field in model._meta.local_fields if isinstance(field, EncryptedTextField))


def _stored(column: EncryptedTextField) -> Iterator[tuple[object, str]]:
    """Key and ciphertext of every row that has any, in batches by key."""
    rows = column.model._base_manager.annotate(stored=Cast(F(column.name), TextField())).exclude(stored="")
    rows, last = rows.filter(stored__isnull=False).order_by("pk"), None
    while batch := list(
        (rows if last is None else rows.filter(pk__gt=last)).values_list("pk", "stored")[:BATCH]
    ):
        yield from batch
        last = batch[-1][0]


def _rewrite(column: EncryptedTextField, pk: object, stored: str) -> int:
    plain = _plain(stored)
    if plain is None:
        return 0
    row = column.model._base_manager.annotate(stored=Cast(F(column.name), TextField()))
    return row.filter(pk=pk, stored=stored).update(**{column.name: plain})


def _plain(stored: str) -> str | None:
    try:
        return ring().decrypt(stored).decode()
    except InvalidToken:
        return None


def _on_newest(stored: str) -> bool:
    try:
        Fernet(settings.KAIZALA_FIELD_KEYS[0]).decrypt(stored)
    except InvalidToken:
        return False
    return True

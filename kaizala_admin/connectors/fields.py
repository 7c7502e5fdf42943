"""Text that is encrypted at rest under KAIZALA_FIELD_KEYS (design, Tokens)."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext_lazy as _

from kaizala_admin.logs import known_secrets


class WrongKey(Exception):
    """A stored secret was written under a key that KAIZALA_FIELD_KEYS no longer holds."""


@lru_cache(maxsize=4)
def key_ring(keys: tuple[str, ...]) -> MultiFernet:
    """The ring over these keys, newest first. Raises ImproperlyConfigured for a malformed key."""
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "KAIZALA_FIELD_KEYS must hold url-safe base64 keys of 32 bytes."
        ) from error


def ring() -> MultiFernet:
    return key_ring(tuple(settings.KAIZALA_FIELD_KEYS))


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text column that holds Fernet tokens; Python sees plain text. Not searchable, by intent."""

    description = _("Encrypted text")

    def get_prep_value(self, value: Any) -> str | None:
        if value in (None, ""):
            return "" if value == "" else None
        known_secrets.add(str(value))
        return ring().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        if not value:
            return value
        try:
            plain = ring().decrypt(value).decode()
        except InvalidToken:
            raise WrongKey("A stored secret cannot be read with the keys in KAIZALA_FIELD_KEYS.") from None
        known_secrets.add(plain)
        return plain

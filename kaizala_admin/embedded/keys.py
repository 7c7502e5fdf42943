"""The keys of a one-machine install: made once, readable by their owner only, apart from the data."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def field_key() -> str:
    """A key for encrypted fields, as MultiFernet wants it: 32 random bytes."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def signing_key() -> str:
    """A SECRET_KEY."""
    return secrets.token_urlsafe(48)


def password() -> str:
    """A password that can be read aloud: five groups of four, 100 bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def keep(path: Path, make: Callable[[], str]) -> str:
    """The key in `path`, made at the first call. The file has mode 0600 from its first byte."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(value := make())
    return value


def keys(folder: Path) -> dict[str, str]:
    """SECRET_KEY and KAIZALA_FIELD_KEYS from `folder`."""
    return {
        "SECRET_KEY": keep(folder / "secret_key", signing_key),
        "KAIZALA_FIELD_KEYS": keep(folder / "field_keys", field_key),
    }

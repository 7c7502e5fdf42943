"""Where the library's files lie: under random names in one folder that only the console reads."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

CHUNK = 64 * 1024


def folder() -> Path:
    return Path(settings.KAIZALA_LIBRARY_DIR)


def path(name: str) -> Path:
    """The place of a stored file. Raises FileNotFoundError for what cannot be a name of ours."""
    if not (len(name) == 32 and name.isascii() and name.isalnum()):
        raise FileNotFoundError(name)
    return folder() / name


def keep(file: BinaryIO) -> str:
    """Writes the file, whole or not at all; its random name."""
    name = secrets.token_hex(16)
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    written = folder() / f"{name}.part"
    file.seek(0)
    with written.open("xb") as into:
        while chunk := file.read(CHUNK):
            into.write(chunk)
    written.chmod(0o600)
    written.replace(folder() / name)
    return name


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The stored file, to read. Raises FileNotFoundError."""
    with path(name).open("rb") as file:
        yield file


def forget(name: str) -> None:
    """Deletes the file if it is there."""
    if name:
        try:
            path(name).unlink(missing_ok=True)
        except FileNotFoundError:
            return

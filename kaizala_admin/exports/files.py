"""Where the files lie: one private folder, shared by every machine that makes or serves them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from .models import Export

BLOCK = 1 << 20


def folder() -> Path:
    """Made when it is missing, for its owner only."""
    path = Path(settings.EXPORTS_DIR)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(name: str) -> Path:
    """Of a file, by the name that its row keeps. Raises ValueError for one that leaves the folder."""
    if not name or name != Path(name).name:
        raise ValueError(name)
    return folder() / name


def name_of(export: Export) -> str:
    """A name of this claim's own: two workers never write the same file."""
    return f"{export.pk}-{export.claim}.{export.format}"


def fresh(path: Path) -> Path:
    """An empty file that only its owner can read."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def digest(path: Path, between: Callable[[], None]) -> str:
    """Its SHA-256; `between` is called after each megabyte."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
            between()
    return found.hexdigest()

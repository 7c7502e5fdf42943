"""What the other apps' admin pages build on, and the pages about the people who work here."""

from . import accounts, signins
from .base import BaseAdmin, ReadOnlyAdmin

__all__ = ["BaseAdmin", "ReadOnlyAdmin", "accounts", "signins"]

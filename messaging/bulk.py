"""Many rows at once: see `groups.bulk`."""

from groups.bulk import insert

__all__ = ["insert"]

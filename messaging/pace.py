"""How long calls take: see `groups.pace`."""

from groups.pace import in_words, seconds

__all__ = ["in_words", "seconds"]

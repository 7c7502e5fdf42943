"""What Kaizala tells of people and groups as it happens. Imported at start-up, which registers the handlers.

The event that was received last wins; a sync that began later knows better, and repairs what was lost.
"""

from . import hierarchy, members

__all__ = ["hierarchy", "members"]

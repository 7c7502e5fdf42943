"""Sync: asks Kaizala page by page and repairs the mirror. The only writer of groups, members and subscribers.

`fetch` makes the one call of a page and touches no table; `record` writes the page, in bulk, in the
transaction that settles the run's row. A crash costs one page (design, Sync).
"""

from .fetching import Vanished, fetch
from .recording import record

__all__ = ["Vanished", "fetch", "record"]

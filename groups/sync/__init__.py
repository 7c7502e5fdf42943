"""Sync: asks Kaizala page by page and repairs the mirror. The only writer of groups, members and subscribers.

`fetch` makes the one call of a page and touches no table; `after` says where the next page begins; `record`
writes one page or several, in bulk, in the transaction that settles the run's row. A crash costs the pages of
one transaction, which are read again (design, Sync; ADR 8).
"""

from .fetching import Vanished, after, fetch, together
from .recording import record

__all__ = ["Vanished", "after", "fetch", "record", "together"]

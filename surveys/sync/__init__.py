"""Asks Kaizala for actions and answers, page by page, and mirrors them (operations 23 and 24).

`fetch` makes the one call of a page and touches no table; `record` writes the page, in bulk, in the
transaction that settles the row. A crash costs one page.
"""

from .fetching import fetch
from .recording import record

__all__ = ["fetch", "record"]

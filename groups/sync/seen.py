"""Which rows a run has seen, without writing them: packed keys, a page a row, and a bitmap at the end.

A sync that finds nothing new writes no subscriber row (measured: a million keys are 8 MB in pages and about
1 MB as a bitmap).
"""

import hashlib
from array import array
from collections.abc import Iterable, Sequence

from django.db.models import Q

from groups.models import SyncPage, SyncRun
from kaizala_admin.connectors import bulk

from . import errors
from .diff import chunks

_KEY = "q"  # 8 bytes, signed
A_STATEMENT = 200  # pages: their bytes go in as arguments, of which SQLite takes 999


class Seen:
    """A set of primary keys as one bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, keys: Iterable[int]) -> None:
        for key in keys:
            place = key >> 3
            if place >= len(self._bits):
                self._bits.extend(bytes(place + 1024 - len(self._bits)))
            self._bits[place] |= 1 << (key & 7)

    def __contains__(self, key: int) -> bool:
        place = key >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (key & 7) & 1)

    def __len__(self) -> int:
        return int.from_bytes(self._bits, "little").bit_count()


def digest(*words: str) -> str:
    """32 hexadecimal digits that stand for the words, in their order."""
    return hashlib.blake2b("\0".join(words).encode(), digest_size=16).hexdigest()


def remember(run: SyncRun, pages: Sequence[tuple[str, Sequence[str], Sequence[int]]]) -> None:
    """Keeps the pages after the run's cursor: each with the next cursor, its people and their rows' keys.

    Raises SyncError when a cursor or a page came before: such a list never ends.
    """
    cursors = [digest(run.cursor), *(digest(cursor) for cursor, _, _ in pages if cursor)]
    contents = [digest(*sorted(people)) for _, people, _ in pages]
    before = Q(content__in=contents) | Q(cursor__in=cursors[1:])
    twice = any(len(set(digests)) < len(digests) for digests in (cursors, contents))
    if twice or run.page_set.filter(before).exists():
        raise errors.no_progress()
    packed = [array(_KEY, keys).tobytes() for _, _, keys in pages]
    rows = zip([run.pk] * len(packed), cursors, contents, packed, strict=False)  # the last cursor is to come
    for some in chunks(rows, A_STATEMENT):
        bulk.insert(SyncPage, ("run", "cursor", "content", "ids"), some)


def recall(run: SyncRun) -> Seen:
    """All that the run's pages held."""
    seen = Seen()
    for packed in run.page_set.values_list("ids", flat=True).iterator(chunk_size=500):
        keys = array(_KEY)
        keys.frombytes(bytes(packed))
        seen.add(keys)
    return seen


def forget(run: SyncRun) -> None:
    """Drops the pages of this run and of earlier ones of the same group: they have served."""
    SyncPage.objects.filter(run__in=SyncRun.objects.filter(group__sync_runs=run)).delete()

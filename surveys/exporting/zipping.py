"""A ZIP file of any number of entries in constant memory.

Python's `zipfile` keeps some 600 bytes for each entry until the end; here the directory waits in a file.
Entries are stored as they are: pictures do not get smaller.
"""

import shutil
import struct
import tempfile
import zlib
from datetime import datetime
from types import TracebackType
from typing import IO, Self

BLOCK = 1 << 16
UTF8, OLD, ZIP64 = 0x800, 20, 45
MOST, MOST_ENTRIES = 0xFFFFFFFE, 0xFFFE  # that the old fields hold; one more means: look in the new ones
FULL, MANY = 0xFFFFFFFF, 0xFFFF


class Zip:
    """Writes into a binary file that stands at its beginning. Each entry is smaller than 4 GiB."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.entries = file, 0
        self.directory = tempfile.TemporaryFile()  # noqa: SIM115 - closed on leaving

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()
        self.directory.close()

    def add(self, name: str, content: IO[bytes], at: datetime) -> None:
        """The whole content under this name; `at` as the clock on the wall says it."""
        size, check = _measured(content)
        offset, words = self.file.tell(), name.encode()
        day = max(0, at.year - 1980) << 9 | at.month << 5 | at.day
        clock = at.hour << 11 | at.minute << 5 | at.second // 2
        same = (UTF8, 0, clock, day, check, size, size, len(words))
        self.file.write(struct.pack("<4s5H3L2H", b"PK\3\4", OLD, *same, 0) + words)
        shutil.copyfileobj(content, self.file, BLOCK)
        far = struct.pack("<HHQ", 1, 8, offset) if offset > MOST else b""
        needs = ZIP64 if far else OLD
        rest = (len(far), 0, 0, 0, 0o600 << 16, FULL if far else offset)
        self.directory.write(struct.pack("<4s6H3L5H2L", b"PK\1\2", ZIP64, needs, *same, *rest) + words + far)
        self.entries += 1

    def _finish(self) -> None:
        start = self.file.tell()
        self.directory.seek(0)
        shutil.copyfileobj(self.directory, self.file, BLOCK)
        size, n = self.file.tell() - start, self.entries
        if n > MOST_ENTRIES or start > MOST or size > MOST:
            large = (ZIP64, ZIP64, 0, 0, n, n, size, start)
            self.file.write(struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, *large))
            self.file.write(struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1))
            n, size, start = MANY, FULL, FULL
        self.file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n, n, size, start, 0))


def _measured(content: IO[bytes]) -> tuple[int, int]:
    """Its length and CRC-32; it stands at its beginning afterwards."""
    size = check = 0
    content.seek(0)
    while block := content.read(BLOCK):
        size += len(block)
        check = zlib.crc32(block, check)
    content.seek(0)
    return size, check

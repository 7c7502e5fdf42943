"""The picture that people of the sandbox take: a field under the sky."""

from __future__ import annotations

import struct
import zlib
from functools import cache

WIDTH, HEIGHT, HORIZON = 96, 72, 40  # pixels
SUN = (70, 16, 8)  # its middle and its radius
_SKY, _LIGHT, _GREEN, _EARTH, _YELLOW = (
    (96, 165, 225),
    (222, 238, 250),
    (112, 168, 72),
    (74, 104, 46),
    (252, 211, 77),
)
_Colour = tuple[int, int, int]


@cache
def photo() -> bytes:
    """Return it as PNG."""
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)  # eight bits each of red, green and blue
    rows = (b"\0" + bytes(part for x in range(WIDTH) for part in _at(x, y)) for y in range(HEIGHT))
    pixels = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _at(x: int, y: int) -> _Colour:
    if (x - SUN[0]) ** 2 + (y - SUN[1]) ** 2 <= SUN[2] ** 2:
        return _YELLOW
    if y < HORIZON:
        return _between(_SKY, _LIGHT, y / HORIZON)
    return _between(_GREEN, _EARTH, (y - HORIZON) / (HEIGHT - HORIZON))


def _between(one: _Colour, other: _Colour, part: float) -> _Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

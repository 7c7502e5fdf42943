"""Small files of every format that Kaizala takes, and some that it does not."""

import io
import struct
import wave
import zipfile
import zlib

from PIL import Image


def picture(file_format: str = "PNG", size: tuple[int, int] = (64, 48), colour: str = "teal") -> bytes:
    into = io.BytesIO()
    Image.new("RGB", size, colour).save(into, file_format)
    return into.getvalue()


def sound() -> bytes:
    into = io.BytesIO()
    with wave.open(into, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 80)
    return into.getvalue()


def film(brand: bytes = b"isom") -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\2\0" + brand + b"mp41" + b"\0\0\0\x08mdat"


def office(part: str, *more: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return into.getvalue()


def old_office(stream: str) -> bytes:
    """The head of a compound file with one directory entry of this name."""
    entry = (stream.encode("utf-16-le") + b"\0\0").ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry.ljust(512, b"\0")


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes that says it has 3,600 megapixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4096))
        + chunk(b"IEND", b"")
    )


PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
MP3 = b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x00" + b"\0" * 64
EVERY = {
    "photo.jpg": (picture("JPEG"), "image/jpeg"),
    "photo.png": (picture("PNG"), "image/png"),
    "song.mp3": (MP3, "audio/mpeg"),
    "bare.mp3": (b"\xff\xfb\x90\x00" + b"\0" * 64, "audio/mpeg"),
    "voice.wav": (sound(), "audio/wav"),
    "film.mp4": (film(), "video/mp4"),
    "film.3gp": (film(b"3gp5"), "video/3gpp"),
    "price.pdf": (PDF, "application/pdf"),
    "a.docx": (
        office("word/document.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "a.xlsx": (
        office("xl/workbook.xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "a.pptx": (
        office("ppt/presentation.xml"),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "a.doc": (old_office("WordDocument"), "application/msword"),
    "a.xls": (old_office("Workbook"), "application/vnd.ms-excel"),
    "a.ppt": (old_office("PowerPoint Document"), "application/vnd.ms-powerpoint"),
}

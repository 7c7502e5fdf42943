"""What a file is, told by its bytes alone. Only the formats that Kaizala documents (contract 8)."""

import zipfile
from dataclasses import dataclass
from typing import BinaryIO

IMAGE, AUDIO, VIDEO, DOCUMENT = "image", "audio", "video", "document"
HEAD = 4096  # bytes that are looked at first
MOST_OLD_OFFICE = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Format:
    """A documented format; the first ending is the one that a name gets."""

    kind: str
    content_type: str
    endings: tuple[str, ...]


JPEG = Format(IMAGE, "image/jpeg", ("jpg", "jpeg"))
PNG = Format(IMAGE, "image/png", ("png",))
MP3 = Format(AUDIO, "audio/mpeg", ("mp3",))
WAV = Format(AUDIO, "audio/wav", ("wav",))
MP4 = Format(VIDEO, "video/mp4", ("mp4", "m4v"))
THREE_GPP = Format(VIDEO, "video/3gpp", ("3gp", "3gpp"))
PDF = Format(DOCUMENT, "application/pdf", ("pdf",))
_OPEN = "application/vnd.openxmlformats-officedocument."
DOCX = Format(DOCUMENT, f"{_OPEN}wordprocessingml.document", ("docx",))
XLSX = Format(DOCUMENT, f"{_OPEN}spreadsheetml.sheet", ("xlsx",))
PPTX = Format(DOCUMENT, f"{_OPEN}presentationml.presentation", ("pptx",))
DOC = Format(DOCUMENT, "application/msword", ("doc",))
XLS = Format(DOCUMENT, "application/vnd.ms-excel", ("xls",))
PPT = Format(DOCUMENT, "application/vnd.ms-powerpoint", ("ppt",))
EVERY = (JPEG, PNG, MP3, WAV, MP4, THREE_GPP, PDF, DOCX, XLSX, PPTX, DOC, XLS, PPT)

_OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_OLD_OFFICE = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS, "PowerPoint Document": PPT}
_FILMS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"}


def sniff(file: BinaryIO) -> Format | None:
    """The format, or None for one that Kaizala does not take. The file is read from its start."""
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return WAV
    if head[4:8] == b"ftyp":
        return _film(head[8:12])
    if head.startswith(b"PK\x03\x04"):
        return _office(file)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _old_office(file)
    return MP3 if head.startswith(b"ID3") or _is_mp3_frame(head) else None


def _film(brand: bytes) -> Format | None:
    if brand[:3] in (b"3gp", b"3ge", b"3gg"):
        return THREE_GPP
    return MP4 if brand in _FILMS else None


def _is_mp3_frame(head: bytes) -> bool:
    """A frame of MPEG layer III: sync, a version, that layer, and a bit rate and sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and rate not in (0, 15) and sampling != 3


def _office(file: BinaryIO) -> Format | None:
    """By the names in the archive; nothing is unpacked. One with macros is another format."""
    try:
        names = set(zipfile.ZipFile(file).namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((found for name, found in _OFFICE.items() if name in names), None)


def _old_office(file: BinaryIO) -> Format | None:
    """By the streams in the directory, whose entries stand at every 128 bytes, named in UTF-16."""
    file.seek(0)
    data = file.read(MOST_OLD_OFFICE)
    for stream, found in _OLD_OFFICE.items():
        name = stream.encode("utf-16-le") + b"\0\0"
        at = data.find(name)
        while at >= 0:
            if at % 128 == 0:
                return found
            at = data.find(name, at + 1)
    return None

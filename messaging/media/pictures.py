"""Pictures: whether one can really be shown, and its thumbnail. A bomb is seen before it is unpacked."""

import io
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 50_000_000  # 50 megapixels: more than any phone's camera, 150 MB unpacked
Image.MAX_IMAGE_PIXELS = None  # `look` holds our own limit, which is lower, before anything is unpacked
THUMBNAIL = 480  # pixels, the longer side
FORMATS = ("JPEG", "PNG")
BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError)


class TooManyPixels(Exception):
    """The picture would fill the memory."""


class Broken(Exception):
    """It is no picture that can be shown."""


@dataclass(frozen=True)
class Picture:
    """Width and height in pixels, and a small JPEG of it."""

    width: int
    height: int
    thumbnail: bytes


def look(file: BinaryIO) -> Picture:
    """Reads the whole picture. Raises TooManyPixels, from its head alone, or Broken."""
    try:
        file.seek(0)
        with Image.open(file, formats=FORMATS) as head:
            if head.width * head.height > MOST_PIXELS:
                raise TooManyPixels
            width, height = head.size
            head.verify()
        file.seek(0)
        with Image.open(file, formats=FORMATS) as picture:
            return Picture(width, height, _thumbnail(picture))
    except BROKEN as error:
        raise Broken from error


def _thumbnail(picture: Image.Image) -> bytes:
    picture.draft("RGB", (THUMBNAIL, THUMBNAIL))  # a JPEG is unpacked small at once
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((THUMBNAIL, THUMBNAIL))
    ground = Image.new("RGB", upright.size, "white")
    shown = upright.convert("RGBA")
    ground.paste(shown, mask=shown.getchannel("A"))
    into = io.BytesIO()
    ground.save(into, "JPEG", quality=80)
    return into.getvalue()

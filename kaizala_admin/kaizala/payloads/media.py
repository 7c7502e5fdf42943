"""Pictures, sound, film and documents (contract 8 and 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from kaizala_admin.kaizala.limits import require_choice, require_text, writable_text

from .base import Json

MEDIA_TYPES = ("Image", "Album", "Audio", "Document", "Video")

# A file name, the file opened for reading bytes (or its bytes), and its real content type.
MediaFile = tuple[str, BinaryIO | bytes, str]


@dataclass(frozen=True)
class Media:
    """What `upload_media` returned, sent as one of MEDIA_TYPES with a caption."""

    media_type: str
    media_resource: str
    caption: str = ""

    def __post_init__(self) -> None:
        require_choice(self.media_type, MEDIA_TYPES, "media_type")
        require_text(self.media_resource, "media_resource")
        writable_text(self.caption, "caption")

    def envelope(self) -> Json:
        body: Json = {"mediaResource": self.media_resource}
        if self.caption:
            body["caption"] = self.caption
        return {"actionType": self.media_type, "actionBody": body}

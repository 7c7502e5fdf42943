"""Announcements (contract 9)."""

from __future__ import annotations

from dataclasses import dataclass

from kaizala_admin.kaizala.limits import MAX_MESSAGE, require_text

from .base import Json


@dataclass(frozen=True)
class Announcement:
    """A title, a message and any number of media resources (what `upload_media` returns)."""

    title: str
    message: str
    media_resources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_text(self.title, "title")
        require_text(self.message, "message", longest=MAX_MESSAGE)
        for resource in self.media_resources:
            require_text(resource, "media_resources")

    def envelope(self) -> Json:
        body: Json = {"title": self.title, "message": self.message}
        if self.media_resources:
            body["MediaResources"] = list(self.media_resources)
        return {"actionType": "Announcement", "actionBody": body}

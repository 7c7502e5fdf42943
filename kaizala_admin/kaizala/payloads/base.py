"""What all payloads share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from kaizala_admin.kaizala.limits import require_number, writable_text

# A JSON object as it goes over the wire.
Json = dict[str, Any]


class Action(Protocol):
    """Something that `send_action` can send (contract 9)."""

    def envelope(self) -> Json:
        """`actionType` or `id`, and `actionBody`."""
        ...


class Response(Protocol):
    """Something that `post_action_response` can post (contract 11)."""

    def envelope(self) -> Json:
        """`actionType` or `id`, `responseId` for an update, and `actionBody`."""
        ...


@dataclass(frozen=True)
class Place:
    """A point in degrees, with an optional name."""

    latitude: float
    longitude: float
    name: str = ""

    def __post_init__(self) -> None:
        require_number(self.latitude, "latitude", least=-90, most=90)
        require_number(self.longitude, "longitude", least=-180, most=180)
        writable_text(self.name, "name")

    def body(self) -> Json:
        return {"latitude": self.latitude, "longitude": self.longitude, "name": self.name}

    def answer(self) -> Json:
        """The other spelling, for answers to a question (contract 11)."""
        return {"lt": self.latitude, "lg": self.longitude, "n": self.name}

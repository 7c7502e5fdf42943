"""Let's meet: an invitation (contract 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from kaizala_admin.kaizala.limits import require_aware, require_count, require_text, writable_text

from .base import Json, Place


@dataclass(frozen=True)
class LetsMeet:
    """A meeting at `starting_time` (with its time zone) of `duration_in_minutes`."""

    title: str
    starting_time: datetime
    duration_in_minutes: int = 30
    place: Place | None = None
    agenda: str = ""
    is_sender_only: bool = False

    def __post_init__(self) -> None:
        require_text(self.title, "title")
        require_aware(self.starting_time, "starting_time")
        require_count(self.duration_in_minutes, "duration_in_minutes")
        writable_text(self.agenda, "agenda")

    def envelope(self) -> Json:
        # The table documents DurationInMins, the sample and the read call document duration: send both.
        body: Json = {
            "title": self.title,
            "startingTime": self.starting_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "DurationInMins": self.duration_in_minutes,
            "duration": self.duration_in_minutes,
            "isSenderOnly": self.is_sender_only,
        }
        if self.place:
            body["place"] = self.place.body()
        if self.agenda:
            body["agenda"] = self.agenda
        return {"actionType": "LetsMeet", "actionBody": body}

"""Polls (contract 9)."""

from __future__ import annotations

from dataclasses import dataclass

from kaizala_admin.kaizala.limits import require_count, require_some, require_text

from .base import Json


@dataclass(frozen=True)
class PollChoice:
    """One choice; `image` is a media resource."""

    title: str
    image: str = ""

    def __post_init__(self) -> None:
        require_text(self.title, "choices")

    def body(self) -> Json:
        return {"title": self.title, "image": self.image} if self.image else {"title": self.title}


@dataclass(frozen=True)
class Poll:
    """One question with choices, open for `expiry_in_hours`."""

    question: str
    choices: tuple[PollChoice, ...]
    expiry_in_hours: int = 720

    def __post_init__(self) -> None:
        require_text(self.question, "question")
        require_some(self.choices, "choices")
        require_count(self.expiry_in_hours, "expiry_in_hours")

    def envelope(self) -> Json:
        body: Json = {
            "question": self.question,
            "choices": [choice.body() for choice in self.choices],
            "expiryInHours": self.expiry_in_hours,
        }
        return {"actionType": "Poll", "actionBody": body}

"""Text messages (contract 7)."""

from __future__ import annotations

from dataclasses import dataclass

from kaizala_admin.kaizala.limits import MAX_MESSAGE, require_id, require_text

from .base import Json


@dataclass(frozen=True)
class TextMessage:
    """A text of at most 4,000 characters. A reply to a subscriber must go to that subscriber too."""

    message: str
    reply_to_reference_id: str = ""

    def __post_init__(self) -> None:
        require_text(self.message, "message", longest=MAX_MESSAGE)
        if self.reply_to_reference_id:
            require_id(self.reply_to_reference_id, "reply_to_reference_id")

    def body(self) -> Json:
        body: Json = {"message": self.message}
        if self.reply_to_reference_id:
            body["replyToReferenceId"] = self.reply_to_reference_id
        return body

"""Operations 18 and 21: a text to a group or to subscribers (contract 7)."""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox import access, posting
from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.hooks import emit
from kaizala_admin.sandbox.world import Call

MAX_MESSAGE = 4000


def send_message(call: Call) -> dict[str, Any]:
    """Post a text of at most 4,000 characters; see posting.py for who receives it."""
    group = access.named_group(call)
    text = call.body.required("message")
    if len(text) > MAX_MESSAGE:
        raise bad_request(f"message can have at most {MAX_MESSAGE} characters.", "MessageTooLong")
    audience = posting.audience_of(call, group)
    reply_to = call.body.text("replytoreferenceid") or None
    posted = posting.store_message(call, group, audience, "Text", text, reply_to)
    emit(call.world, "TextMessageCreated", group.guid, {"text": text}, call.grant.person_id)
    return posting.accepted(posted, audience)

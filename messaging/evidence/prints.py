"""What a content looks like when Kaizala tells of it: a digest, the same from all three sides. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

from kaizala_admin.kaizala import ActionItem
from kaizala_admin.kaizala.results.reading import first_text, lowered
from kaizala_admin.webhooks.router import Received

# Our kind -> (what Kaizala calls it, the fields of our content that come back).
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "text": ("Text", ("message",)),
    "announcement": ("Announcement", ("headline", "message")),
    "survey": ("Survey", ("headline",)),
    "job": ("Job", ("headline",)),
    "poll": ("Poll", ("question",)),
    "lets_meet": ("LetsMeet", ("headline",)),
    "custom_action": ("Action", ("headline", "package_id")),
}
LISTED = ("Survey", "Job", "Poll", "LetsMeet")  # what the list tells, with the words of each (contract 10)
EVENTS = {
    "TextMessageCreated": ("Text", ("text",)),
    "Announcement": ("Announcement", ("title", "text")),
    "SurveyCreated": ("Survey", ("title",)),
    "JobCreated": ("Job", ("title",)),
    "PollCreated": ("Poll", ("question",)),
    "LetsMeetCreated": ("LetsMeet", ("title",)),
    "ActionCreated": ("Action", ("title", "package")),
}


def digest(name: str, *words: str) -> str:
    """Spaces and line ends do not count: Kaizala may tell them in another way."""
    said = "\0".join([name, *(" ".join(word.split()) for word in words)])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def of_content(kind: str, content: Mapping[str, Any]) -> str:
    """The print of what we sent; "" for a kind that nothing tells apart, such as a picture."""
    name, fields = KINDS.get(kind, ("", ()))
    words = [str(content.get(field) or "") for field in fields]
    return digest(name, *words) if name and any(words) else ""


def listed_type(kind: str) -> str:
    """The type under which Kaizala lists this kind; "" when it lists it not at all, as texts."""
    name = KINDS.get(kind, ("", ()))[0]
    return name if name in LISTED else ""


def of_event(event: Received) -> str:
    """The print of what an event tells was posted; "" when it tells nothing that can be matched."""
    name, fields = EVENTS.get(event.event_type, ("", ()))
    data = lowered(event.data)
    names = {"package": ("actionpackageid", "packageid")}
    words = [first_text(data, *names.get(field, (field,))) for field in fields]
    return digest(name, *words) if name and any(words) else ""


def of_item(item: ActionItem) -> str:
    """The print of an item of the list."""
    return digest(item.action_type, item.title) if item.action_type in LISTED and item.title else ""

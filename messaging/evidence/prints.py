"""What a content looks like when Kaizala tells of it: a digest, the same from all three sides. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from kaizala_admin.kaizala import ActionItem
from kaizala_admin.kaizala.results.reading import first_text, listed, lowered
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
MEDIA = ("image", "album", "audio", "document", "video")  # known by their caption and their files' names
PICTURE = "Image"  # listed, too, but under an address of Kaizala's: its absence proves nothing
LISTED = ("Survey", "Job", "Poll", "LetsMeet")  # what the list tells, with the words of each (contract 10)
EVENTS = {
    "TextMessageCreated": ("Text", ("text",)),
    "Announcement": ("Announcement", ("title", "text")),
    "SurveyCreated": ("Survey", ("title",)),
    "JobCreated": ("Job", ("title",)),
    "PollCreated": ("Poll", ("question",)),
    "LetsMeetCreated": ("LetsMeet", ("title",)),
    "ActionCreated": ("Action", ("title", "package")),
    "AttachmentCreated": ("Media", ()),
}


def digest(name: str, *words: str) -> str:
    """Spaces and line ends do not count: Kaizala may tell them in another way."""
    said = "\0".join([name, *(" ".join(word.split()) for word in words)])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def of_content(kind: str, content: Mapping[str, Any], files: Iterable[str] = ()) -> str:
    """The print of what we sent; "" for what nothing tells apart. `files`: the names of its media files."""
    if kind in MEDIA:
        return of_files(str(content.get("caption") or ""), files)
    name, fields = KINDS.get(kind, ("", ()))
    words = [str(content.get(field) or "") for field in fields]
    return digest(name, *words) if name and any(words) else ""


def of_files(caption: str, names: Iterable[str]) -> str:
    """The print of media; "" without a file name: a caption may be empty, or stand below many pictures."""
    found = sorted(name for name in names if name)
    return digest("Media", caption, *found) if found else ""


def family(kind: str) -> tuple[str, ...]:
    """The kinds whose posts may look like one of this kind."""
    return MEDIA if kind in MEDIA else (kind,)


def listed_type(kind: str) -> str:
    """The type under which Kaizala surely lists this kind; "" when not, as texts."""
    name = KINDS.get(kind, ("", ()))[0]
    return name if name in LISTED else ""


def looked_type(kind: str) -> str:
    """The type under which it may be found in the list; "" when looking is in vain."""
    return PICTURE if kind == "image" else listed_type(kind)


def of_event(event: Received) -> str:
    """The print of what an event tells was posted; "" when it tells nothing that can be matched."""
    data = lowered(event.data)
    if event.event_type == "AttachmentCreated":
        return of_files(first_text(data, "caption"), map(_name_of, listed(data.get("media"))))
    name, fields = EVENTS.get(event.event_type, ("", ()))
    names = {"package": ("actionpackageid", "packageid")}
    words = [first_text(data, *names.get(field, (field,))) for field in fields]
    return digest(name, *words) if name and any(words) else ""


def of_item(item: ActionItem) -> str:
    """The print of an item of the list."""
    if item.action_type == PICTURE:
        body = lowered(item.body)
        return of_files(first_text(body, "caption"), [_last_part(first_text(body, "imageurl"))])
    return digest(item.action_type, item.title) if item.action_type in LISTED and item.title else ""


def _name_of(file: Any) -> str:
    """The file's name, as the two shapes of it have it (contract 15)."""
    told = lowered(file) if isinstance(file, Mapping) else {}
    return first_text(told, "mediafilename", "filename") or _last_part(first_text(told, "mediaurl", "url"))


def _last_part(address: str) -> str:
    try:
        return unquote(urlsplit(address).path.rpartition("/")[2])
    except ValueError:
        return ""

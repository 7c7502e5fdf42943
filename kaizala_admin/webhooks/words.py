"""What events are called on screen, and how a stored body is shown."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kaizala_admin.logs import redact

from .models import Event, Subscription
from .router import EVENT_TYPES

EVENT_TONES = {
    Event.State.WAITING.value: "info",
    Event.State.DONE.value: "success",
    Event.State.DUPLICATE.value: "",
    Event.State.KEPT.value: "",
    Event.State.PARKED.value: "warning",
    Event.State.FAILED.value: "danger",
}
STATE_TONES = {
    Subscription.State.REGISTERING.value: "info",
    Subscription.State.ACTIVE.value: "success",
    Subscription.State.DISABLED.value: "danger",
    Subscription.State.REFUSED.value: "danger",
    Subscription.State.ENDING.value: "info",
    Subscription.State.ENDED.value: "",
}
LONGEST_SHOWN = 20_000
TYPES: dict[str, str | Promise] = {
    "TextMessageCreated": gettext_lazy("Text message"),
    "AttachmentCreated": gettext_lazy("Picture or file"),
    "Announcement": gettext_lazy("Announcement"),
    "JobCreated": gettext_lazy("New job"),
    "JobResponse": gettext_lazy("Answer to a job"),
    "SurveyCreated": gettext_lazy("New survey"),
    "SurveyResponse": gettext_lazy("Answer to a survey"),
    "ActionCreated": gettext_lazy("New card"),
    "ActionResponse": gettext_lazy("Answer to a card"),
    "PollCreated": gettext_lazy("New poll"),
    "PollResponse": gettext_lazy("Answer to a poll"),
    "LetsMeetCreated": gettext_lazy("New meeting"),
    "LetsMeetResponse": gettext_lazy("Answer to a meeting"),
    "MemberAdded": gettext_lazy("Member added"),
    "MemberRemoved": gettext_lazy("Member removed"),
    "GroupAdded": gettext_lazy("Sub-group added"),
    "GroupRemoved": gettext_lazy("Sub-group removed"),
    "UserJoined": gettext_lazy("Person joined"),
}

# (title, the types in it), as the form offers them.
FAMILIES: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (
        gettext_lazy("People and groups"),
        ("MemberAdded", "MemberRemoved", "GroupAdded", "GroupRemoved", "UserJoined"),
    ),
    (gettext_lazy("Messages"), ("TextMessageCreated", "AttachmentCreated", "Announcement")),
    (
        gettext_lazy("Answers"),
        ("SurveyResponse", "PollResponse", "JobResponse", "LetsMeetResponse", "ActionResponse"),
    ),
    (
        gettext_lazy("New surveys, polls and jobs"),
        ("SurveyCreated", "PollCreated", "JobCreated", "LetsMeetCreated", "ActionCreated"),
    ),
)
ANSWERS = FAMILIES[2][1]


def choices() -> list[tuple[str | Promise, list[tuple[str, str]]]]:
    """Every event type, in families."""
    return [(title, [(name, str(type_words(name))) for name in names]) for title, names in FAMILIES]


def type_words(event_type: str) -> str | Promise:
    """The type in words; one that is not known keeps Kaizala's name."""
    return TYPES.get(event_type, event_type)


def listed(event_types: Iterable[str]) -> str:
    """ "all events", or their names."""
    names: Sequence[str] = list(event_types)
    if set(names) >= set(EVENT_TYPES):
        return _("All events")
    return ", ".join(str(type_words(name)) for name in names)


def shown_body(body: bytes) -> str:
    """The body for people: laid out when it is JSON; numbers masked, secrets and signed links hidden."""
    text = bytes(body).decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    text = redact(text)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "\n…"

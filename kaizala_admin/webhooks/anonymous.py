"""Anonymous answers: who gave them is dropped from the stored event once it was worked on."""

import json
from collections.abc import Mapping
from typing import Any

WHO = frozenset(
    [
        "fromuser",
        "fromuserid",
        "fromusername",
        "fromuserprofilepic",
        "responder",
        "respondername",
        "responderid",
        "responderprofilepic",
    ]
)
HIDDEN_ROWS = frozenset(["responder name", "responder location"])


def is_anonymous(data: Mapping[str, Any]) -> bool:
    """Whether the event's data says so, in whatever spelling (contract 15)."""
    said = next((value for key, value in data.items() if key.lower() == "isanonymous"), False)
    return said is True or str(said).lower() == "true"


def without_names(body: bytes) -> bytes:
    """The same body, blank where it tells who answered and from where."""
    return json.dumps(_blank(json.loads(body.decode("utf-8-sig"))), ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def _blank(value: Any) -> Any:
    if isinstance(value, list):
        return [_blank(item) for item in value]
    if not isinstance(value, dict):
        return value
    title = str(value.get("title", "")).strip().lower()
    hides = title in HIDDEN_ROWS and value.get("isInvisible") is True
    return {
        key: "" if key.lower() in WHO else None if hides and key.lower() == "answer" else _blank(item)
        for key, item in value.items()
    }

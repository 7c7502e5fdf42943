"""A full and plausible content of every kind, as its form stores it."""

import io
import json
from typing import Any

from messaging.media import services
from messaging.media.models import MediaFile
from tests.messaging import files

STARTS = "2031-03-04T09:30"
NUMBERS = ["+919800000001", "+919800000002"]
QUESTIONS = [
    {"title": "Which seed?", "type": "SingleOption", "options": ["Maize", "Rice"], "hidden": False},
    {"title": "Which pests?", "type": "MultiOption", "options": ["Locusts", "None"], "hidden": False},
    {"title": "Anything else?", "type": "Text", "options": [], "hidden": False},
    {"title": "How many acres?", "type": "Numeric", "options": [], "hidden": False},
    {"title": "Sown when?", "type": "Date", "options": [], "hidden": False},
    {"title": "Seen when?", "type": "DateTime", "options": [], "hidden": False},
    {"title": "Where?", "type": "Location", "options": [], "hidden": False},
    {"title": "Show it", "type": "Image", "options": [], "hidden": False},
    {"title": "Papers", "type": "AttachmentList", "options": [], "hidden": False},
    {"title": "Field code", "type": "Text", "options": [], "hidden": True},
]
PROPERTIES = [
    {"name": "crop", "type": "Text", "value": "Maize & rice"},
    {"name": "acres", "type": "Numeric", "value": "12.5"},
    {"name": "sown", "type": "DateTime", "value": "2031-03-04T09:30"},
    {"name": "mill", "type": "Location", "value": "12.97, 77.59, The mill, gate 2"},
    {"name": "steps", "type": "StringList", "value": "plough\nsow\nsow"},
    {"name": "tags", "type": "StringSet", "value": "dry\nhigh\ndry"},
]


def file(name: str, content: bytes) -> MediaFile:
    return services.add(name=name, file=io.BytesIO(content), by=None)


def library() -> dict[str, int]:
    """The keys of one file of each kind, and of a second picture."""
    given = {
        "image": ("mill.jpg", files.picture("JPEG")),
        "second": ("field.png", files.picture("PNG", colour="olive")),
        "audio": ("voice.wav", files.sound()),
        "video": ("harvest.mp4", files.film()),
        "document": ("prices.pdf", files.PDF),
    }
    return {name: file(*one).pk for name, one in given.items()}


def every(keys: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Content by kind."""
    single = {
        name: {"media_files": [keys[name]], "caption": f"The {name}"}
        for name in ("image", "audio", "video", "document")
    }
    return {
        "text": {"message": "The mill opens on Monday"},
        "announcement": {
            "headline": "Rain",
            "message": "It rains\non Monday.",
            "pictures": [keys["second"], keys["image"]],
        },
        "poll": {
            "question": "Which seed next year?",
            "choices": [{"title": "Maize", "picture": keys["image"]}, {"title": "Rice", "picture": 0}],
            "expires_in_hours": 48,
        },
        "survey": {
            "headline": "Your harvest",
            "description": "Two minutes",
            "questions": QUESTIONS,
            "due_in_hours": 72,
            "visibility": "2",
            "anonymous": True,
            "sender_only": False,
            "several": True,
            "cover": [keys["image"]],
        },
        "job": {"headline": "Count the sacks", "assignees": NUMBERS, "due_in_hours": 36},
        "lets_meet": {
            "headline": "Spring meeting",
            "starts_at": STARTS,
            "zone": "Asia/Kolkata",
            "minutes": 90,
            "place_name": "The mill",
            "latitude": 12.97,
            "longitude": 77.59,
            "agenda": "Prices\nSeeds",
            "sender_only": True,
        },
        **single,
        "album": {"media_files": [keys["second"], keys["image"]], "caption": "The week"},
        "custom_action": {
            "package_id": "com.example.harvest.3",
            "headline": "Field visit",
            "properties": [*PROPERTIES, {"name": "map", "type": "Attachment", "value": [keys["document"]]}],
            "questions": QUESTIONS[:1],
            "validity": 24,
        },
    }


def as_typed(content: dict[str, Any]) -> dict[str, Any]:
    """What a browser posts for this content."""
    typed: dict[str, Any] = {}
    for name, value in content.items():
        if name in ("questions", "choices", "properties"):
            typed[name] = json.dumps(value)
        elif name == "assignees":
            typed[name] = "\r\n".join(value)
        elif isinstance(value, bool):
            typed |= {name: "on"} if value else {}
        else:
            typed[name] = value
    return typed

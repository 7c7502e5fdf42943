"""One response as we heard it, by sync or by webhook, before it is weighed against what we know."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kaizala_admin.kaizala.results.actions import ReceivedResponse
from surveys import values
from surveys.models import Action
from surveys.models.responses import Source

from .questions import Asked, match

_SPACES = re.compile(r"[^\d+]")
_SECOND = timedelta(microseconds=999_999)


@dataclass(frozen=True)
class Heard:
    """`answers` is {"q0": value}, cleaned. An anonymous one carries no person (contract 15)."""

    key: str
    response_id: str
    number: str
    person_id: str
    name: str
    answered_at: datetime | None
    is_update: bool
    is_completed: bool | None
    answers: Mapping[str, Any]
    source: Source

    @property
    def digest(self) -> str:
        return digest_of(self.answers, self.is_completed)


def digest_of(answers: Mapping[str, Any], is_completed: bool | None, at: datetime | None = None) -> str:
    """32 digits that stand for an answer, and for its second where a time is given."""
    told = [answers, is_completed, at.replace(microsecond=0).isoformat() if at else None]
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()


def rank(answered_at: datetime | None, is_update: bool) -> tuple[bool, datetime | bool]:
    """How new an answer is. A time told in whole seconds may mean the last moment of its second.

    An answer without a time is older than any with one; of two such the update is the newer.
    """
    if answered_at is None:
        return False, is_update
    return True, answered_at if answered_at.microsecond else answered_at + _SECOND


def hear(
    action: Action, asked: Sequence[Asked], received: ReceivedResponse, source: Source, **more: Any
) -> Heard | None:
    """The response, cleaned and without its person if the action is anonymous; None when nobody can be told.

    `more`: `is_update`, and `answered_at` where it is known from elsewhere.
    """
    is_job = action.kind == Action.Kind.JOB
    number = "" if action.is_anonymous else number_of(received.responder)
    person_id = "" if action.is_anonymous else values.writable(received.responder_id)[:80]
    answered_at = more.get("answered_at") or received.sent_at
    answers = {} if is_job else match(asked, received.answers)
    response_id = values.writable(received.response_id)[:100]
    completed = received.is_completed if is_job else None
    key = _key(action, response_id, number or person_id, answers, answered_at)
    if not key:
        return None
    return Heard(
        key=key,
        response_id=response_id,
        number=number,
        person_id=person_id,
        name="" if action.is_anonymous else values.writable(received.responder_name)[:300],
        answered_at=answered_at,
        is_update=bool(more.get("is_update")),
        is_completed=completed,
        answers=answers,
        source=source,
    )


def _key(
    action: Action, response_id: str, person: str, answers: Mapping[str, Any], at: datetime | None
) -> str:
    if action.kind == Action.Kind.JOB and person:
        return f"p:{person}"
    if response_id:
        return f"r:{response_id}"
    if person and not action.accepts_many:
        return f"p:{person}"
    return f"d:{digest_of({**answers, 'by': person}, None, at)}" if answers else ""


def number_of(told: str) -> str:
    """The number without spaces and dashes (contract 16)."""
    return _SPACES.sub("", told)[:20]

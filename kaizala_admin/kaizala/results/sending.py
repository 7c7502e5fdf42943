"""What came of sending (contract 2.3, 7, 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .reading import first_text, listed, lowered, needed_text, text


@dataclass(frozen=True)
class FailedRecipient:
    """One person whom an accepted call did not reach."""

    mobile_number: str
    person_id: str
    reason: str
    code: str


@dataclass(frozen=True)
class Sent:
    """`reference_id` names the message, `action_id` the action's instance ("" for a text)."""

    reference_id: str
    action_id: str = ""
    failed: tuple[FailedRecipient, ...] = ()


def _read_failed(raw: object) -> FailedRecipient:
    if isinstance(raw, str):
        return FailedRecipient(raw, "", "", "")
    record = lowered(raw)
    return FailedRecipient(
        mobile_number=first_text(record, "subscriber", "mobilenumber"),
        person_id=text(record.get("subscriberid")),
        reason=first_text(record, "errorreason", "reason", "message"),
        code=text(record.get("errorcode")),
    )


def read_sent(body: Mapping[str, Any]) -> Sent:
    failed = listed(body.get("failedresult")) or listed(body.get("failedresults"))
    return Sent(
        reference_id=needed_text(body, "referenceid"),
        action_id=text(body.get("actionid")),
        failed=tuple([_read_failed(raw) for raw in failed]),
    )

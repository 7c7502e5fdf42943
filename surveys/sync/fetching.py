"""The one call of a row's next page. Network only."""

from dataclasses import dataclass
from typing import Any

from kaizala_admin.kaizala import KaizalaClient, Refused
from surveys.models import AnswerSync

# The types that can be listed and answered (contract, OP 24).
TYPES = ("Survey", "Poll", "Job", "LetsMeet")
DETAILS = "details"


@dataclass(frozen=True)
class Vanished:
    """Kaizala knows no such action, or no such group (404, contract 2.4)."""

    message: str


@dataclass(frozen=True)
class NotListed:
    """Kaizala does not list actions of this type to this grant (400 or 403). The others may still be."""

    message: str


def fetch(row: AnswerSync, client: KaizalaClient) -> Any:
    """An ActionPage, or ActionDetails with every response; or Vanished, or NotListed."""
    group_id = row.group.group_id
    try:
        if row.stage != DETAILS:
            since = int(row.cursor) if row.cursor else None
            return client.fetch_actions(group_id, row.stage, from_date=since, count=row.page_size)
        return client.fetch_action(group_id, row.todo[0][1], details=True)
    except Refused as error:
        if error.status == 404 and error.code:  # without Kaizala's code it may be a proxy speaking
            return Vanished(error.message)
        if error.status in (400, 403) and error.code and row.stage != DETAILS:
            return NotListed(error.message)
        raise

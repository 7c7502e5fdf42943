"""Who we are at Kaizala: the person behind each grant, read from its token (contract 3.5)."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kaizala_admin.connectors.models import Grant


@dataclass(frozen=True)
class Ourselves:
    """User IDs (without their shard) and numbers (digits only) of our grants' people."""

    ids: frozenset[str]
    numbers: frozenset[str]

    def posted(self, person_id: str, mobile_number: str) -> bool:
        """Whether one of ours did it. Unknown people are never taken for ours."""
        return plain_id(person_id) in self.ids or digits(mobile_number) in self.numbers


def of_tenants(tenants: Iterable[int]) -> Ourselves:
    """Everybody whom the tenants' connectors speak for. One query."""
    return _of(Grant.objects.filter(connector__tenant__in=set(tenants)))


def of_grant(grant: Grant) -> Ourselves:
    """The person of this grant alone."""
    return _of([grant])


def _of(grants: Iterable[Grant]) -> Ourselves:
    ids, numbers = set(), set()
    for grant in grants:
        claims = _claims(grant.refresh_token)
        ids.add(plain_id(str(claims.get("uid", "")).rpartition(":")[2]))
        numbers |= {digits(grant.mobile_number), digits(str(_inside(claims).get("phoneNumber", "")))}
    return Ourselves(frozenset(ids - {""}), frozenset(numbers - {""}))


def plain_id(person_id: str) -> str:
    """ "GUID@1" and "GUID" are the same person (contract 1.10)."""
    return person_id.partition("@")[0].lower()


def digits(number: str) -> str:
    """The number without its +, spaces and dashes."""
    return "".join(letter for letter in number if letter.isdecimal())


def _claims(token: str) -> dict[str, Any]:
    """What a token says of itself; nothing when it is of another make. Nobody vouches for it: it is ours."""
    part = [*token.split("."), "", ""][1]
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def _inside(claims: dict[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(claims.get("urn:microsoft:credentials", "{}"))
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}

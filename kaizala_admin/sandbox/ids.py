"""Ids as Kaizala spells them: GUIDs, the newer ones with a shard suffix (contract 1.10)."""

from __future__ import annotations

import secrets
import string
import time
import uuid
from random import Random


def new_guid() -> str:
    """Return a bare GUID."""
    return str(uuid.uuid4())


def new_reference() -> str:
    """Return a bare GUID that sorts by time.

    Newer rows lie side by side in the index, which keeps writing cheap.
    """
    digits = f"{time.time_ns() >> 16:012x}{secrets.token_hex(10)}"
    return f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def new_id() -> str:
    """Return a GUID of the newer kind, `GUID@1`."""
    return f"{uuid.uuid4()}@1"


def seeded_guid(chance: Random) -> str:
    """Return a GUID that depends on the seed alone."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def new_secret() -> str:
    """Return a connector secret: 10 upper-case letters and digits (contract 3.1)."""
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(10))

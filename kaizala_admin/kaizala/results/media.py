"""What an upload answers (contract 8)."""

from __future__ import annotations

import base64
import json

from .reading import first_text, listed, lowered


def picture_url(media_resource: str) -> str:
    """The address of the first uploaded file, for where Kaizala wants a picture's address (contract OP 7).

    The resource is opaque by contract; one that cannot be read is handed back as it is.
    """
    try:
        record = lowered(json.loads(base64.b64decode(media_resource, validate=True)))
    except ValueError:
        return media_resource
    files = listed(record.get("files"))
    return (first_text(lowered(files[0]), "url") if files else "") or media_resource

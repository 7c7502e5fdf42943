"""What one call says."""

from typing import TYPE_CHECKING, Any

from messaging import kinds

from . import content

if TYPE_CHECKING:
    from messaging.models import Broadcast, Dispatch


def content_of(dispatch: "Dispatch") -> dict[str, Any]:
    """The broadcast's content, with what is this person's own as it was filled at the launch."""
    return {**common_content(dispatch.broadcast), **(dispatch.content or {})}


def common_content(broadcast: "Broadcast") -> dict[str, Any]:
    """What it says to everybody; a text with placeholders stays as it is written."""
    kind = kinds.every().get(broadcast.kind)
    return content.plain(kind, broadcast.content) if kind else broadcast.content

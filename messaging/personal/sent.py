"""What one call says."""

from typing import TYPE_CHECKING, Any

from messaging import kinds

from . import content

if TYPE_CHECKING:
    from messaging.models import Dispatch


def content_of(dispatch: "Dispatch") -> dict[str, Any]:
    """The broadcast's content, with what is this person's own as it was filled at the launch."""
    kind = kinds.every().get(dispatch.broadcast.kind)
    said = dispatch.broadcast.content
    return {**(content.plain(kind, said) if kind else said), **(dispatch.content or {})}

"""Compare and set on the state of a broadcast."""

from collections.abc import Sequence

from messaging.models import Broadcast

State = Broadcast.State


def move(broadcast: Broadcast, before: Sequence[str], after: str, **more: object) -> bool:
    """False: it is in another state by now, and nothing changed."""
    rows = Broadcast.objects.filter(pk=broadcast.pk, state__in=before)
    return bool(rows.update(state=after, **more))

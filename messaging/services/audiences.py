"""A draft's audience changed by itself, and the draft that follows a broadcast up."""

from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from messaging import trail
from messaging.audience import Expression, joining
from messaging.models import Broadcast

from .drafts import change, copy_as_draft, note_uses


def change_audience(
    broadcast: Broadcast, how: Callable[[Expression], Expression], by: AbstractBaseUser | None
) -> Broadcast:
    """The same draft for other people: its audience as it is by now, changed. Raises NotADraft."""
    with transaction.atomic():
        now = Broadcast.objects.select_for_update(no_key=True).get(pk=broadcast.pk)
        changed = change(now, {"audience": how(Expression.of(now.audience)).as_json()}, by)
        note_uses(changed)
    return changed


def follow_up(broadcast: Broadcast, by: AbstractBaseUser | None) -> Broadcast:
    """A new draft with the same content, to whoever belongs to the audience now and is not in the ledger."""
    expression = joining.follow_up(broadcast)
    with transaction.atomic():
        draft = copy_as_draft(broadcast, by)
        draft.title = (_("To those who joined since: %(title)s") % {"title": broadcast.title})[:200]
        draft.audience, draft.follow_up_of = expression.as_json(), broadcast
        draft.save(update_fields=["title", "audience", "follow_up_of"])
        note_uses(draft)
        trail.note(draft, by, "follow up", before=broadcast.title, after=draft.title)
    return draft

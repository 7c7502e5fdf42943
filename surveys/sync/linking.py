"""Gives an instance that was heard of before our own call had its answer to the broadcast that sent it."""

from messaging.models import Dispatch
from surveys.models import Action, ActionInstance, Response

from .instances import reached
from .writing import lock

_TOLD = (
    "tenant",
    "kind",
    "package_id",
    "title",
    "sender",
    "sent_at",
    "is_anonymous",
    "is_sender_only",
    "accepts_many",
)


def link(instance: ActionInstance, dispatch: Dispatch) -> None:
    """Nothing happens where it is linked. Call it in a transaction; it takes the instance's lock."""
    if instance.dispatch_id is not None:
        return
    row = lock(instance.pk)
    action = _action_of(dispatch, row.action)
    if action.pk != row.action_id:
        _move(row, action)
    row.dispatch, row.reached = dispatch, reached(dispatch.group, dispatch)
    row.save(update_fields=["dispatch", "reached"])


def _action_of(dispatch: Dispatch, heard: Action) -> Action:
    """The broadcast's own; else the one that was heard of, unless another broadcast has it."""
    found = Action.objects.filter(broadcast=dispatch.broadcast_id).first()
    if found is not None:
        return found
    if heard.broadcast_id is not None:
        heard = Action(**{name: getattr(heard, name) for name in _TOLD})
    heard.broadcast = dispatch.broadcast
    heard.save()
    return heard


def _move(row: ActionInstance, action: Action) -> None:
    """With its responses; its answers are fetched again, as the other action may not know its questions."""
    left = row.action
    row.action, row.wants_fetch = action, True
    row.save(update_fields=["action", "wants_fetch"])
    Response.objects.filter(instance=row).update(action=action)
    alone = {"instances": None, "feeds": None, "saved_exports": None, "digest": None}
    Action.objects.filter(pk=left.pk, **alone).delete()

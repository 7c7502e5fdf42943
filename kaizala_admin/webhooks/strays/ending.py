"""Ends strays at Kaizala (operation 28)."""

from django.db import transaction
from django.db.models import QuerySet

from kaizala_admin.kaizala import KaizalaClient, Refused
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane, State
from kaizala_admin.outbox.words import reason_words

from .models import Stray, StrayCall

CHUNK = 200


def end(strays: QuerySet[Stray]) -> int:
    """Puts a call for each in line; returns how many. One that is being ended already is left alone."""
    count = 0
    for keys in _chunks(list(strays.order_by("pk").values_list("pk", flat=True))):
        with transaction.atomic():
            found = Stray.objects.select_for_update(of=("self",)).filter(pk__in=keys, state=Stray.State.FOUND)
            rows = list(found.order_by("pk"))
            mine = [row.pk for row in rows]
            Stray.objects.filter(pk__in=mine).update(state=Stray.State.ENDING, state_reason="")
            outbox.post([_call(row) for row in rows])
        count += len(rows)
    return count


def _call(row: Stray) -> StrayCall:
    return StrayCall(
        verb=StrayCall.Verb.END,
        connector_id=row.connector_id,
        grant_id=row.grant_id,
        lane=Lane.PERSON,
        object_type=row.object_type,
        object_id=row.object_id,
        label=row.label,
        remote_id=row.remote_id,
    )


def end_there(client: KaizalaClient, remote_id: str) -> None:
    """What Kaizala does not know is over, too."""
    try:
        client.unsubscribe_webhook(remote_id)
    except Refused as error:
        if error.status != 404:
            raise


def is_over(call: StrayCall) -> None:
    """Kaizala holds it no longer."""
    _of(call).delete()


def went_wrong(call: StrayCall, state: State) -> None:
    """It is still there, and says why. A person may try again."""
    if call.verb != StrayCall.Verb.END or state not in (State.FAILED, State.CANCELLED):
        return
    why = (call.detail or reason_words(call.reason))[:500]
    _of(call).filter(state=Stray.State.ENDING).update(state=Stray.State.FOUND, state_reason=why)


def _of(call: StrayCall) -> QuerySet[Stray]:
    return Stray.objects.filter(connector=call.connector_id, remote_id=call.remote_id)


def _chunks(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]

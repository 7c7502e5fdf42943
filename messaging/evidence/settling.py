"""Carries out what the evidence says: in doubt -> sent, with the proof beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from kaizala_admin.connectors import clock
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.outbox.registry import label
from messaging import trail
from messaging.kinds.parts.reading import keys
from messaging.media import looking
from messaging.models import Broadcast, Dispatch
from messaging.personal.sent import content_of

from . import prints
from .matching import WINDOW, Call, Remote, Verdict, judge
from .models import Echo

MOST = 200  # calls in doubt that one round looks at
Shelf = Mapping[tuple[int, str], Sequence[Any]]


def settle(group_ids: Iterable[int] = ()) -> int:
    """Settles what the echoes prove, in these groups or in all. Returns how many calls. Safe to run twice."""
    return sum(_arrived(row, proof) for row, verdict, proof in findings(group_ids) if proof is not None)


def findings(group_ids: Iterable[int] = ()) -> list[tuple[Dispatch, Verdict, Remote | None]]:
    """What can be said of each call in doubt, the oldest first. Five queries."""
    rows = Dispatch.objects.filter(state=State.UNKNOWN).select_related("broadcast", "group")
    wanted = list(group_ids)
    doubtful = list((rows.filter(group__in=wanted) if wanted else rows).order_by("pk")[:MOST])
    if not doubtful:
        return []
    return judged(doubtful)


def judged(doubtful: Sequence[Dispatch]) -> list[tuple[Dispatch, Verdict, Remote | None]]:
    """The same for these calls, whose broadcast is loaded."""
    rows = _of_late(doubtful)
    names = _file_names([*doubtful, *rows])
    calls, told = _calls(doubtful, rows, names), _told(doubtful, names)
    found: list[tuple[Dispatch, Verdict, Remote | None]] = []
    for row in doubtful:
        place = (row.group_id, print_of(row, names))
        mine = next((one for one in calls[place] if one.pk == row.pk), None)
        if mine is None or not place[1]:
            found.append((row, Verdict.NOTHING, None))
        else:
            found.append((row, *judge(mine, calls[place], told.get(place, ()))))
    return found


def print_of(row: Dispatch, names: Mapping[int, str]) -> str:
    """What the call's content looks like when Kaizala tells of it. `names`: of media files, by key."""
    content = content_of(row)
    files = [names.get(key, "") for key in keys(content, "media_files")]
    return prints.of_content(row.broadcast.kind, content, files)


def _file_names(rows: Iterable[Dispatch]) -> dict[int, str]:
    """The names of all media files of these calls. One query at most."""
    media = [row.broadcast for row in rows if row.broadcast.kind in prints.MEDIA]
    found = looking.files(key for one in media for key in keys(one.content, "media_files"))
    return {key: file.name for key, file in found.items()}


def _of_late(doubtful: Sequence[Dispatch]) -> list[Dispatch]:
    """Every call of late into the same groups that was made or may have been."""
    made = [State.SENT, State.UNKNOWN, State.SENDING]
    since = min(row.created_at for row in doubtful) - WINDOW
    rows = Dispatch.objects.filter(
        Q(created_at__gte=since) | Q(settled_at__gte=since),
        state__in=made,
        group__in={row.group_id for row in doubtful},
    )
    return list(rows.select_related("broadcast").defer("broadcast__audience"))


def _calls(
    doubtful: Sequence[Dispatch], rows: Sequence[Dispatch], names: Mapping[int, str]
) -> dict[tuple[int, str], list[Call]]:
    """The calls of late, by group and print."""
    began = _began([row.pk for row in doubtful])
    doubted = _doubted([row.pk for row in rows])
    found: dict[tuple[int, str], list[Call]] = defaultdict(list)
    for row in rows:
        at = began.get(row.pk) or row.settled_at or row.created_at
        doubt = row.state != State.SENT or (row.pk in doubted and row.proof is None)
        found[row.group_id, print_of(row, names)].append(Call(row.pk, at, doubt, row.action_id))
    return found


def _began(keys: Sequence[int]) -> dict[int, datetime]:
    """When each was last tried."""
    tries = Attempt.objects.filter(row_class=label(Dispatch), row_id__in=keys).order_by("pk")
    return dict(tries.values_list("row_id", "started_at"))


def _doubted(keys: Sequence[int]) -> set[int]:
    """Calls that were in doubt once: when they were sent again, the first try may have arrived as well."""
    tries = Attempt.objects.filter(row_class=label(Dispatch), row_id__in=keys, outcome=State.UNKNOWN)
    return set(tries.values_list("row_id", flat=True))


def tried_at(row: Dispatch) -> datetime | None:
    """When the call in doubt was made."""
    return _began([row.pk]).get(row.pk)


def _told(doubtful: Sequence[Dispatch], names: Mapping[int, str]) -> dict[tuple[int, str], list[Remote]]:
    echoes = Echo.objects.filter(
        group__in={row.group_id for row in doubtful}, print__in={print_of(row, names) for row in doubtful}
    )
    found: dict[tuple[int, str], list[Remote]] = defaultdict(list)
    for echo in echoes.order_by("pk"):
        at = echo.sent_at or echo.seen_at
        found[echo.group_id, echo.print].append(
            Remote(echo.key, echo.action_id, at, own_time=echo.sent_at is not None)
        )
    return found


def _arrived(row: Dispatch, proof: Remote) -> bool:
    """Compare-and-set, so that a person who decides at the same moment wins or loses as a whole."""
    echo = Echo.objects.filter(group=row.group_id, key=proof.key).first()
    kept = {
        "source": echo.source if echo else Echo.Source.EVENT,
        "key": proof.key,
        "told_at": proof.at.isoformat(),
        "found_at": clock.now().isoformat(),
    }
    with transaction.atomic():
        Broadcast.objects.select_for_update(no_key=True).get(pk=row.broadcast_id)
        if not outbox.settle_arrived(row, None):
            return False
        more = {"action_id": proof.action_id} if proof.action_id else {}
        if echo and echo.reference_id:
            more["reference_id"] = echo.reference_id
        Dispatch.objects.filter(pk=row.pk).update(proof=kept, **more)
        trail.note(row.broadcast, None, "found at Kaizala", State.UNKNOWN, State.SENT, call=row.pk)
    return True

"""What speaks for a call in doubt, and which other calls may have brought it: a handful of rows for each,
however many calls went into its group.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from kaizala_admin.outbox.models import Attempt, State
from kaizala_admin.outbox.registry import label
from messaging import kinds
from messaging.kinds.parts.reading import keys
from messaging.media import looking
from messaging.models import Broadcast, Dispatch
from messaging.personal.content import is_personal
from messaging.personal.sent import common_content, content_of

from . import prints
from .matching import EARLY, HEARD, WINDOW, Call, Remote, Verdict, judge
from .models import Echo

MADE = (State.SENT, State.UNKNOWN, State.SENDING)  # or may have been
PAGE = 2_000
Place = tuple[int, str]  # a group, and what was said there
Names = Mapping[int, str]


@dataclass(frozen=True)
class Doubt:
    """A call in doubt, its content's print ("" where nothing tells it apart), and when it was made."""

    row: Dispatch
    print: str
    began: datetime

    @property
    def place(self) -> Place:
        return self.row.group_id, self.print


def doubts(rows: Sequence[Dispatch]) -> list[Doubt]:
    """The same calls, whose broadcast is loaded. Two queries at most."""
    began, names = tried_at(rows), _file_names(row.broadcast for row in rows)
    return [Doubt(row, _print_of(row, names), began.get(row.pk) or row.created_at) for row in rows]


def tried_at(rows: Sequence[Dispatch]) -> dict[int, datetime]:
    """When each was last tried, by its key."""
    tries = Attempt.objects.filter(row_class=label(Dispatch), row_id__in=[row.pk for row in rows])
    return dict(tries.order_by().values_list("row_id").annotate(Max("started_at")))


def told(doubts: Collection[Doubt]) -> list[Doubt]:
    """Those that a post of ours may be which no other call has for its own. One query."""
    if not doubts:
        return []
    since = min(one.began for one in doubts) - EARLY
    there = _free().filter(
        group__in={one.row.group_id for one in doubts},
        print__in={one.print for one in doubts} - {""},
        seen_at__gte=since,
    )
    at = Coalesce("sent_at", "seen_at")
    found = there.order_by().values_list("group_id", "print").annotate(first=Min(at), last=Max(at))
    spans = {(group, said): (first, last) for group, said, first, last in found}
    return [one for one in doubts if one.place in spans and _meets(one, *spans[one.place])]


def _meets(doubt: Doubt, first: datetime, last: datetime) -> bool:
    return first <= doubt.began + WINDOW and last >= doubt.began - EARLY


def weigh(doubt: Doubt) -> tuple[Verdict, Remote | None]:
    """What can be said of it, exactly. A handful of queries, one row or two of each."""
    until = doubt.began + WINDOW
    at = Q(sent_at__range=(doubt.began - EARLY, until))
    at |= Q(sent_at__isnull=True, seen_at__range=(doubt.began - HEARD, until))
    posts = _free().filter(at, group=doubt.row.group_id, print=doubt.print)
    possible = [_remote(echo) for echo in posts.order_by("pk")[:2]]
    mine = Call(doubt.row.pk, doubt.began, in_doubt=True)
    if not possible:
        return Verdict.NOTHING, None
    rival = _rival(doubt, only_open=all(one.action_id for one in possible))
    others = [Call(rival, doubt.began, in_doubt=True)] if rival else []
    return judge(mine, [mine, *others], possible)


def _free() -> QuerySet[Echo]:
    """Posts that no call of ours has for its own. Without an ID nobody can say whose one is."""
    owners = Dispatch.objects.filter(group=OuterRef("group"), action_id=OuterRef("action_id"))
    return Echo.objects.exclude(Exists(owners.exclude(action_id="")))


def _remote(echo: Echo) -> Remote:
    return Remote(echo.key, echo.action_id, echo.sent_at or echo.seen_at, own_time=echo.sent_at is not None)


def _rival(doubt: Doubt, *, only_open: bool) -> int | None:
    """Another call of the same content into the group, made within WINDOW of this one; None: there is none.

    `only_open`: one that may still want a post of its own, as it has no action's ID or was in doubt once.
    """
    alike = {one.pk: one for one in _broadcasts_beside(doubt)}
    names = _file_names(alike.values())
    common = [pk for pk, one in alike.items() if _print(one.kind, common_content(one), names) == doubt.print]
    calls = _calls_beside(doubt)
    if only_open:
        calls = calls.filter(_OPEN)
    equal = calls.filter(broadcast__in=common, content__isnull=True).order_by()
    for pk in equal.values_list("pk", flat=True)[:1]:
        return pk
    personal = [pk for pk, one in alike.items() if is_personal(kinds.every().get(one.kind), one.content)]
    own = calls.filter(broadcast__in=personal, content__isnull=False) if personal else calls.none()
    for row in own.only("broadcast_id", "content").order_by("pk").iterator(PAGE):
        row.broadcast = alike[row.broadcast_id]
        if _print_of(row, names) == doubt.print:
            return int(row.pk)
    return None


_DOUBTFUL_TRIES = Attempt.objects.filter(
    row_class=label(Dispatch), row_id=OuterRef("pk"), outcome=State.UNKNOWN
)
_OPEN = ~Q(state=State.SENT) | Q(action_id="") | Q(Exists(_DOUBTFUL_TRIES), proof__isnull=True)


def _calls_beside(doubt: Doubt) -> QuerySet[Dispatch]:
    """Every other call into the group that was made, or may have been, near to this one.

    Whatever became of it afterwards: the first try of one that waits to be sent again may have arrived.
    """
    near = (doubt.began - WINDOW, doubt.began + WINDOW)
    at = Q(settled_at__range=near) | Q(broke_at__range=near)
    at |= Q(settled_at__isnull=True, broke_at__isnull=True)  # on its way just now
    tried = Exists(_DOUBTFUL_TRIES.filter(started_at__range=near))
    made = Q(at, state__in=MADE) | Q(tried, claim__gt=0)
    return Dispatch.objects.filter(made, group=doubt.row.group_id).exclude(pk=doubt.row.pk)


def _broadcasts_beside(doubt: Doubt) -> QuerySet[Broadcast]:
    """Those with calls into the group that were going on of late, and could say the same."""
    kind = doubt.row.broadcast.kind
    there = Dispatch.objects.filter(group=doubt.row.group_id, broadcast=OuterRef("pk"))
    going = Q(finished_at__isnull=True) | Q(finished_at__gte=doubt.began - WINDOW)
    found = Broadcast.objects.filter(going, Exists(there), kind__in=prints.family(kind))
    return found.only("kind", "content")


def _print_of(row: Dispatch, names: Names) -> str:
    """What the call's content looks like when Kaizala tells of it."""
    return _print(row.broadcast.kind, content_of(row), names)


def _print(kind: str, content: Mapping[str, object], names: Names) -> str:
    files = [names.get(key, "") for key in keys(content, "media_files")]
    return prints.of_content(kind, content, files)


def _file_names(broadcasts: Iterable[Broadcast]) -> dict[int, str]:
    """The names of all media files of these. One query at most."""
    found = looking.files(_media_of(broadcasts))
    return {key: file.name for key, file in found.items()}


def _media_of(broadcasts: Iterable[Broadcast]) -> Iterator[int]:
    for one in broadcasts:
        if one.kind in prints.MEDIA:
            yield from keys(one.content, "media_files")

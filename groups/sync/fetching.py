"""The one call of a run's next page. Network only."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

from groups.models import SyncRun
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import SUBSCRIBER_PAGE, KaizalaClient, Refused, SubscriberPage

DETAILS, SUB_GROUPS, MEMBERS, SUBSCRIBERS = "details", "sub_groups", "members", "subscribers"
ANEW = "subscribers_anew"  # from the first page on again, because the cursor had expired; once a run
INVALID_CURSOR = "InvalidCursor"  # Kaizala's code
ONLY_MEMBERS = "only_members"  # one call, after a change of ours; also where subscribers are a million
FEW, MANY, PART = 100, 500, 8  # pages written together: at the least, at the most, one in so many


@dataclass(frozen=True)
class Vanished:
    """Kaizala knows no such group (404, contract 2.4). `message` is Kaizala's."""

    message: str


@dataclass(frozen=True)
class Hidden:
    """Only an admin may read the subscribers, and the grant is none (403)."""

    message: str


@dataclass(frozen=True)
class Expired:
    """Kaizala does not take the cursor any more that it gave (400). `message` is Kaizala's."""

    message: str


def fetch(run: SyncRun, client: KaizalaClient) -> Any:
    """One page: groups, a group, a tree, members, or a SubscriberPage; or Vanished, Hidden or Expired."""
    if run.started_at is None:
        run.started_at = clock.now()  # before the call: who joins while it is under way is not "gone"
    if run.kind == SyncRun.Kind.DIRECTORY:
        return client.fetch_groups(show_details=True, all_groups=True)
    try:
        return _CALLS[run.stage](run, client)
    except Refused as error:
        if error.status == 404 and error.code:  # without Kaizala's code it may be a proxy speaking
            return Vanished(error.message)
        if error.status == 403 and error.code and run.stage in (SUBSCRIBERS, ANEW):
            return Hidden(error.message)
        if error.code == INVALID_CURSOR and run.cursor and run.stage == SUBSCRIBERS:
            return Expired(error.message)
        raise


def after(run: SyncRun, answer: Any) -> SyncRun | None:
    """The run at the next page that the answer leads to, if any; `record` judges whether it leads on."""
    if not isinstance(answer, SubscriberPage) or answer.cursor in (None, run.cursor):
        return None
    ahead = copy(run)
    ahead.cursor, ahead.pages = answer.cursor or "", run.pages + 1
    return ahead


def together(run: SyncRun) -> int:
    """How many pages are written together: an eighth of those before them, while the next are read.

    Among a million people each new one changes another page of the indexes, which a portion writes once. In a
    short list large portions would leave reading and writing waiting for each other (ADR 10).
    """
    return min(MANY, max(FEW, run.pages // PART))


def _group_id(run: SyncRun) -> str:
    if run.group is None:
        raise ValueError(f"sync run {run.pk} has no group")
    return run.group.group_id


def _subscribers(run: SyncRun, client: KaizalaClient) -> Any:
    return client.fetch_subscribers(_group_id(run), cursor=run.cursor or None, count=SUBSCRIBER_PAGE)


_CALLS: dict[str, Callable[[SyncRun, KaizalaClient], Any]] = {
    DETAILS: lambda run, client: client.fetch_group(_group_id(run)),
    SUB_GROUPS: lambda run, client: client.fetch_subgroups(_group_id(run)),
    MEMBERS: lambda run, client: client.fetch_members(_group_id(run)),
    ONLY_MEMBERS: lambda run, client: client.fetch_members(_group_id(run)),
    SUBSCRIBERS: _subscribers,
    ANEW: _subscribers,
}

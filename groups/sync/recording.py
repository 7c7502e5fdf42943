"""Writes what a call brought and says whether the run is done. Runs inside the settling transaction."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from groups.models import Group, Member, Subscriber, SyncRun
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import SUBSCRIBER_PAGE, GroupInfo, SubscriberPage
from kaizala_admin.kaizala import Person as RemotePerson
from kaizala_admin.outbox.reading import Pages

from . import directory, errors, graph, mirror, people, seen
from .fetching import (
    ANEW,
    DETAILS,
    MEMBERS,
    ONLY_MEMBERS,
    SUB_GROUPS,
    SUBSCRIBERS,
    Expired,
    Hidden,
    Vanished,
)
from .plan import next_stage
from .tally import Tally, advance

LOOK_FIRST = 100  # pages
MOST_PEOPLE = 10_000_000  # in one list: ten times the largest organisation that the console is made for


def record(run: SyncRun, result: Any) -> bool:
    """Writes one page, or the `Pages` of subscribers that were read together; True when the run is complete.

    SyncError: it must not go on, nothing is written.
    """
    if isinstance(result, Pages) and not isinstance(result[-1], SubscriberPage):
        return record(run, result[:-1]) or record(run, result[-1])  # it ends with one of fetching's findings
    now = clock.now()
    if run.kind == SyncRun.Kind.DIRECTORY:
        advance(run, directory.write(run, result, now), "", "", now)
        return True
    if isinstance(result, Vanished):
        return _vanish(run, result, now)
    if isinstance(result, Hidden):
        return _skip(run, result, now)
    if isinstance(result, Expired):
        return _begin_anew(run, now)
    counted, cursor = _STAGES[run.stage](run, result, now)
    stage = run.stage if cursor else next_stage(run.stage, _group(run))
    advance(run, counted, stage, cursor, now, len(result) if isinstance(result, Pages) else 1)
    if not stage:
        _complete(run, now)
    return not stage


def _group(run: SyncRun) -> Group:
    """The group as the page left it."""
    return Group.objects.get(sync_runs=run)


def _vanish(run: SyncRun, result: Vanished, now: datetime) -> bool:
    """The group is over, and so is the run: that is an answer, not a failure."""
    mirror.date_vanished(_group(run).pk, result.message, now, run.pk)
    advance(run, Tally(gone=1), "", "", now)
    seen.forget(run)
    _note(run, errors.VANISHED, _("Kaizala answers that there is no such group. It is marked as gone."))
    return True


def _skip(run: SyncRun, result: Hidden, now: datetime) -> bool:
    """Keeps the subscribers as they are: whom we may not see has not left."""
    advance(run, Tally(), "", "", now)
    _complete(run, now)
    _note(
        run,
        errors.HIDDEN,
        _("Its subscribers were not read: Kaizala shows them to an admin of the group only."),
    )
    return True


def _begin_anew(run: SyncRun, now: datetime) -> bool:
    """From the first page on: what was seen under the old cursor proves nothing about who is there now."""
    again = len(seen.recall(run))
    seen.forget(run)
    advance(run, Tally(seen=-again), ANEW, "", now)
    return False


def _note(run: SyncRun, reason: str, text: str) -> None:
    """What a person should know of a run that is done."""
    SyncRun.objects.filter(pk=run.pk).update(reason=reason, detail=text)


def _details(run: SyncRun, info: GroupInfo, now: datetime) -> tuple[Tally, str]:
    written = mirror.write(run, [info], now, whole=False)
    return Tally(1, written.created, written.changed), ""


def _sub_groups(run: SyncRun, root: GroupInfo, now: datetime) -> tuple[Tally, str]:
    return graph.write(run, root, now), ""


def _members(run: SyncRun, members: tuple[RemotePerson, ...], now: datetime) -> tuple[Tally, str]:
    seen.forget(run)  # pages of earlier runs that failed
    counted, keys = people.write(Member, run, people.by_key(members), now)
    present = seen.Seen()
    present.add(keys.values())
    counted.gone = people.close(Member, run, present, now)
    return counted, ""


def _subscribers(run: SyncRun, result: SubscriberPage | Pages, now: datetime) -> tuple[Tally, str]:
    pages = [(page.cursor or "", people.by_key(page.subscribers)) for page in _each(result)]
    everybody = {key: person for _, found in pages for key, person in found.items()}
    counted, keys = people.write(Subscriber, run, everybody, now)
    counted.seen = sum(len(found) for _, found in pages)
    seen.remember(run, [(cursor, list(found), [keys[key] for key in found]) for cursor, found in pages])
    cursor = pages[-1][0]
    if not cursor:
        counted.gone = _close_subscribers(run, now)
    elif _is_time_to_look(run.pages, run.pages + len(pages)):
        _check_end(run)
    return counted, cursor


def _each(result: SubscriberPage | Pages) -> Iterable[SubscriberPage]:
    return [result] if isinstance(result, SubscriberPage) else result


def _is_time_to_look(before: int, after: int) -> bool:
    """After 100 pages, 200, 400 and so on: counting a million rows each time would cost more than a page."""
    return (after // LOOK_FIRST).bit_length() > (before // LOOK_FIRST).bit_length()


def _check_end(run: SyncRun) -> None:
    """A list that has told twice as many people as the mirror knows, and then some, goes in circles.

    One that has told more than there can be has no end either: Kaizala counts a group's members, not its
    subscribers (contract 4), so that there is no number of its own to compare with.
    """
    told = run.page_set.count() * SUBSCRIBER_PAGE
    known = Subscriber.objects.filter(group__sync_runs=run).count()
    if told > 2 * known + 20 * SUBSCRIBER_PAGE:
        raise errors.no_progress()
    if told > MOST_PEOPLE:
        raise errors.endless(told)


def _close_subscribers(run: SyncRun, now: datetime) -> int:
    if not run.page_set.filter(cursor=seen.digest("")).exists():
        raise errors.stale()  # its first pages were dropped: who was on them is not known any more
    return people.close(Subscriber, run, seen.recall(run), now)


def _complete(run: SyncRun, now: datetime) -> None:
    """What the group's page shows of it: the counts, as of now."""
    group = _group(run)
    if run.kind == SyncRun.Kind.MEMBERS:
        _count_members(group)
        seen.forget(run)
        return
    if not group.has_sub_groups:
        graph.close(run, set(), now)
    group.subscriber_count = people.present_count(Subscriber, group.pk)
    group.synced_at = now
    _count_members(group, "subscriber_count", "synced_at")
    seen.forget(run)


def _count_members(group: Group, *others: str) -> None:
    """After a look at the members; a look at them alone leaves the last sync of everything as it was."""
    group.member_count = people.present_count(Member, group.pk)
    group.unprovisioned_members = people.unprovisioned_count(Member, group.pk)
    followers = people.unprovisioned_count(Subscriber, group.pk)
    group.unprovisioned_count = group.unprovisioned_members + followers
    group.save(update_fields=["member_count", "unprovisioned_members", "unprovisioned_count", *others])


_STAGES: dict[str, Callable[[SyncRun, Any, datetime], tuple[Tally, str]]] = {
    DETAILS: _details,
    SUB_GROUPS: _sub_groups,
    MEMBERS: _members,
    ONLY_MEMBERS: _members,
    SUBSCRIBERS: _subscribers,
    ANEW: _subscribers,
}

"""From the upload to the last row: verbs that views, tasks and commands call."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from phonenumbers import SUPPORTED_REGIONS

from groups.changes import checking
from groups.changes.checking import CannotChange
from groups.changes.models import GroupChange
from groups.models import Group
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.outbox import services as outbox

from . import doubts, feeding, nudges, reading, trail, undoing
from .columns import FIELDS, OPTIONAL
from .models import ImportChunk, ImportRow, ImportRun

By = AbstractBaseUser | None
Kind, State = ImportRun.Kind, ImportRun.State
ONE_GROUP = (Kind.ADD, Kind.REMOVE, Kind.EQUAL)
CHUNK = 512 * 1024  # bytes

__all__ = ["CannotChange", "accept", "cancel", "map_columns", "pause", "resume", "start", "undo"]


def start(
    *,
    kind: str,
    file_name: str,
    chunks: Iterable[bytes],
    tenant: Tenant | None = None,
    group: Group | None = None,
    region: str = "",
    subscribers: bool = False,
    by: By = None,
) -> ImportRun:
    """Stores the file, to be read in the background. `group` for the kinds that are about one.

    `region`: two letters, for numbers without a country; the tenant's own when empty. Raises CannotChange.
    """
    if kind in ONE_GROUP:
        if group is None:
            raise CannotChange(_("Choose the group."))
        _need_changeable(group, subscribers)
        if kind != Kind.ADD:
            _need_known(group)
    owner = group.tenant if group else tenant
    if owner is None:
        raise CannotChange(_("Choose the organisation."))
    country = (region or owner.default_region).upper()
    if country not in SUPPORTED_REGIONS:
        raise CannotChange(_("“%(region)s” is no country. Write two letters, like IN.") % {"region": country})
    run = ImportRun(
        tenant=owner,
        kind=kind,
        group=group if kind in ONE_GROUP else None,
        subscribers=subscribers,
        region=country,
        file_name=file_name[-200:],
        created_by_id=by.pk if by else None,
        created_at=clock.now(),
    )
    with transaction.atomic():
        run.save()
        for number, data in enumerate(_in_parts(chunks)):
            run.file_size += len(data)
            ImportChunk.objects.create(run=run, number=number, data=data)
        run.save(update_fields=["file_size"])
    nudges.ring_after_commit(run.pk, nudges.READ)
    return run


def _in_parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of CHUNK bytes, whatever comes in."""
    held = bytearray()
    for data in chunks:
        held += data
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)


def _need_known(group: Group) -> None:
    """Who is to leave is looked up in the mirror."""
    if group.synced_at is None:
        raise CannotChange(
            _("“%(group)s” has never been synced, so its people are not known. Sync it first.")
            % {"group": group.name}
        )


def _need_changeable(group: Group, subscribers: bool) -> None:
    if subscribers:
        checking.need_public(group)
    checking.grant_for(group)


def undo(*, run: ImportRun, by: By = None) -> ImportRun:
    """A new import that takes this one back: read and checked like any, and accepted by a person.

    Raises CannotChange when there is nothing to take back, or it is being taken back already.
    """
    if not undoing.can_undo(run):
        raise CannotChange(_("There is nothing to take back, or it has been taken back before."))
    back = ImportRun(
        tenant=run.tenant,
        kind=Kind.UNDO,
        undoes=run,
        group=run.group,
        subscribers=run.subscribers,
        region=run.region,
        file_name=run.file_name,
        columns=undoing.columns_of(run),
        created_by_id=by.pk if by else None,
        created_at=clock.now(),
    )
    try:
        with transaction.atomic():
            back.save()
    except IntegrityError as error:
        raise CannotChange(_("Somebody takes this import back already.")) from error
    nudges.ring_after_commit(back.pk, nudges.READ)
    return back


def map_columns(*, run: ImportRun, columns: dict[str, int], headed: bool) -> bool:
    """A person says which column is which (places from 0); the sheet is then read anew.

    Raises CannotChange when a column that is needed is missing. False: somebody was faster.
    """
    if run.kind not in FIELDS:
        raise CannotChange(_("This import has no sheet."))
    needed = [field for field in FIELDS[Kind(run.kind)] if field not in OPTIONAL and field not in columns]
    if needed or len(set(columns.values())) < len(columns):
        raise CannotChange(_("Choose a column of its own for each field."))
    waiting = ImportRun.objects.filter(pk=run.pk, state__in=[State.MAPPING, State.CHECKED])
    done = waiting.update(state=State.READING, columns=columns, headed=headed, lease_until=None)
    nudges.ring_after_commit(run.pk, nudges.READ)
    return bool(done)


def accept(*, run: ImportRun, by: By = None, leaving: int | None = None) -> bool:
    """A person says yes to what the check showed: it is applied from now on. False: it was not waiting.

    `leaving`: how many people shall leave. An equal list with wrong rows raises CannotChange without it.
    """
    _need_number(run, leaving)
    waiting = ImportRun.objects.filter(pk=run.pk, state=State.CHECKED)
    with transaction.atomic():
        done = waiting.update(
            state=State.RUNNING, accepted_at=Now(), accepted_by_id=by.pk if by else None, lease_until=None
        )
        if done:
            ImportChunk.objects.filter(run=run.pk).delete()
            trail.note(run, by, State.CHECKED, State.RUNNING)
    nudges.ring_after_commit(run.pk, nudges.FEED)
    return bool(done)


def _need_number(run: ImportRun, leaving: int | None) -> None:
    count = doubts.unclear(run, reading.counts(run)) if run.kind == Kind.EQUAL else 0
    if count and leaving != count:
        raise CannotChange(
            _("Rows of the list are wrong, so it may lack people by mistake. Nothing is applied before they "
              "are repaired, or somebody says how many people shall leave: %(n)s.") % {"n": f"{count:,}"}
        )  # fmt: skip


def pause(*, run: ImportRun, by: By = None) -> bool:
    """Nothing more of it is sent until it is resumed; a call under way is finished."""
    return _switch(run, State.RUNNING, State.PAUSED, outbox.hold, by)


def resume(*, run: ImportRun, by: By = None) -> bool:
    """What waits goes on."""
    if not _switch(run, State.PAUSED, State.RUNNING, outbox.release, by):
        return False
    nudges.ring_after_commit(run.pk, nudges.FEED)
    return True


def _switch(
    run: ImportRun,
    before: ImportRun.State,
    after: ImportRun.State,
    shift: Callable[[QuerySet[Any]], int],
    by: By,
) -> bool:
    """Its changes first: whoever settles a call has locked the change before looking at its import."""
    with transaction.atomic():
        shift(changes_of(run))
        if not ImportRun.objects.filter(pk=run.pk, state=before).update(state=after):
            transaction.set_rollback(True)
            return False
        shift(changes_of(run))  # what was put in line, or cut in parts, meanwhile
        trail.note(run, by, before, after)
    return True


def cancel(*, run: ImportRun, by: By = None) -> bool:
    """What waits is never sent; what has been done stays. Also throws away a check that nobody accepted.

    A call under way is finished. It is paused, too: should it come back in line, it is cancelled then.
    """
    over = [State.FINISHED, State.CANCELLED]
    with transaction.atomic():
        outbox.hold(changes_of(run))  # first, as in `_switch`
        going = ImportRun.objects.filter(pk=run.pk).exclude(state__in=over)
        if not going.update(state=State.CANCELLED, finished_at=Now(), lease_until=None):
            transaction.set_rollback(True)
            return False
        feeding.give_up(ImportRun.objects.filter(pk=run.pk))
        ImportChunk.objects.filter(run=run.pk).delete()
        outbox.cancel(changes_of(run))
        feeding.close(run.pk)
        trail.note(run, by, run.state, State.CANCELLED)
    return True


def changes_of(run: ImportRun) -> QuerySet[GroupChange]:
    """The changes that its rows wait for."""
    waiting = ImportRow.objects.filter(run=run.pk, state=ImportRow.State.QUEUED)
    return GroupChange.objects.filter(pk__in=waiting.values("change_id"))

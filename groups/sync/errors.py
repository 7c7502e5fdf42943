"""Why a sync stops by itself. A person reads these, so each says what to do next."""

from django.utils.translation import gettext as _

from kaizala_admin.kaizala import Refused

TOO_MANY_GONE = "too_many_gone"
NO_PROGRESS = "no_progress"
ENDLESS = "endless_list"
STALE = "stale_sync"
STOPPED = "stopped"
VANISHED = "group_vanished"  # a run that is done, with a note
HIDDEN = "subscribers_hidden"  # the same


class SyncError(Refused):
    """The page was read but is not written; the run ends as failed with `code` as its reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


def too_many_gone(leaving: int, present: int, what: str) -> SyncError:
    return SyncError(
        TOO_MANY_GONE,
        _(
            "%(leaving)d of %(present)d %(what)s would be marked as gone. If that is right, accept it; "
            "if not, nothing has been marked, and you can sync again later."
        )
        % {"leaving": leaving, "present": present, "what": what},
    )


def no_progress() -> SyncError:
    return SyncError(
        NO_PROGRESS,
        _(
            "Kaizala gave the same page again, so the list would never end. "
            "Nobody was marked as gone. Sync again later."
        ),
    )


def endless(told: int) -> SyncError:
    return SyncError(
        ENDLESS,
        _(
            "Kaizala's list told of %(told)s people and had no end. Nobody was marked as gone. "
            "Sync again later."
        )
        % {"told": f"{told:,}"},
    )


def stale() -> SyncError:
    return SyncError(STALE, _("A later sync of this group has replaced this one. Start a new sync instead."))


def stopped() -> SyncError:
    return SyncError(
        STOPPED, _("Stopped by a person. What was fetched until then is kept; nobody was marked as gone.")
    )

"""What people and other apps do with broadcasts. Every change of state is a compare-and-set."""

from messaging.audience import Choice
from messaging.checking import Check, check

from .drafts import NotADraft, copy_as_draft, delete_draft, save_draft
from .failures import all_arrived, arrived, retry_failures, send_again, send_all_again
from .launching import CannotLaunch, Changed, fingerprint, launch, may_launch
from .running import cancel, finish_done, pause, resume

__all__ = [
    "CannotLaunch",
    "Changed",
    "Check",
    "Choice",
    "NotADraft",
    "all_arrived",
    "arrived",
    "cancel",
    "check",
    "copy_as_draft",
    "delete_draft",
    "fingerprint",
    "finish_done",
    "launch",
    "may_launch",
    "pause",
    "resume",
    "retry_failures",
    "save_draft",
    "send_again",
    "send_all_again",
]

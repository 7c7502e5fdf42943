"""What people and other apps do with broadcasts. Every change of state is a compare-and-set."""

from messaging.audience import Choice, Expression, Rules
from messaging.checking import Check, check

from . import approving
from .audiences import change_audience, follow_up
from .bursts import look_at_all as pause_bursting
from .drafts import NotADraft, copy_as_draft, delete_draft, save_draft
from .failures import all_arrived, arrived, retry_failures, send_again, send_all_again
from .gate import is_many, may_launch
from .launching import CannotLaunch, Changed, fingerprint, launch
from .lists import NameTaken, bar, save_audience, unbar
from .running import cancel, finish_done, pause, resume

__all__ = [
    "CannotLaunch",
    "Changed",
    "Check",
    "Choice",
    "Expression",
    "NameTaken",
    "NotADraft",
    "Rules",
    "all_arrived",
    "approving",
    "arrived",
    "bar",
    "cancel",
    "change_audience",
    "check",
    "copy_as_draft",
    "delete_draft",
    "fingerprint",
    "finish_done",
    "follow_up",
    "is_many",
    "launch",
    "may_launch",
    "pause",
    "pause_bursting",
    "resume",
    "retry_failures",
    "save_audience",
    "save_draft",
    "send_again",
    "send_all_again",
    "unbar",
]

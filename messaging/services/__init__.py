"""What people and other apps do with broadcasts. Every change of state is a compare-and-set."""

from messaging.audience import Choice, Expression, Rules
from messaging.checking import Check, check

from . import approving
from .audiences import change_audience, follow_up
from .bursts import look_at_all as pause_bursting
from .deciding import fire_now, settle_missed
from .drafts import NotADraft, Overtaken, copy_as_draft, delete_draft, has_history, save_draft, version
from .failures import all_arrived, arrived, retry_failures, send_again, send_all_again
from .firing import fire_due
from .gate import is_many, is_second, may_launch, need_typed
from .launching import CannotLaunch, Changed, fingerprint, launch
from .lists import NameTaken, bar, save_audience, unbar
from .running import cancel, finish_done, pause, prioritise, resume
from .saved import copy_message, delete_message, save_message, save_profile
from .scheduling import Plan, ask_for_schedule, pause_schedule, reschedule, resume_schedule, schedule
from .stopping import cancel_schedule
from .testing import CannotTest, send_test

__all__ = [
    "CannotLaunch",
    "CannotTest",
    "Changed",
    "Check",
    "Choice",
    "Expression",
    "NameTaken",
    "NotADraft",
    "Overtaken",
    "Plan",
    "Rules",
    "all_arrived",
    "approving",
    "arrived",
    "ask_for_schedule",
    "bar",
    "cancel",
    "cancel_schedule",
    "change_audience",
    "check",
    "copy_as_draft",
    "copy_message",
    "delete_draft",
    "delete_message",
    "fingerprint",
    "finish_done",
    "fire_due",
    "fire_now",
    "follow_up",
    "has_history",
    "is_many",
    "is_second",
    "launch",
    "may_launch",
    "need_typed",
    "pause",
    "pause_bursting",
    "pause_schedule",
    "prioritise",
    "reschedule",
    "resume",
    "resume_schedule",
    "retry_failures",
    "save_audience",
    "save_draft",
    "save_message",
    "save_profile",
    "schedule",
    "send_again",
    "send_all_again",
    "send_test",
    "settle_missed",
    "unbar",
    "version",
]

"""What Kaizala answers, read leniently into frozen dataclasses."""

from .actions import ActionDetails, ActionItem, ActionPage, ReceivedAnswer, ReceivedResponse
from .groups import CreatedGroup, GroupInfo
from .people import Person, SubscriberPage, SubscriberResult, SubscriberResults
from .reactions import Reaction, ReactionPage, ReactionSummary, ReactionSummaryPage
from .sending import FailedRecipient, Sent
from .webhooks import Webhook

__all__ = [
    "ActionDetails",
    "ActionItem",
    "ActionPage",
    "CreatedGroup",
    "FailedRecipient",
    "GroupInfo",
    "Person",
    "Reaction",
    "ReactionPage",
    "ReactionSummary",
    "ReactionSummaryPage",
    "ReceivedAnswer",
    "ReceivedResponse",
    "Sent",
    "SubscriberPage",
    "SubscriberResult",
    "SubscriberResults",
    "Webhook",
]

"""The admin's rooms for subscriptions, rules, calls and events."""

from .call import SubscriptionCallAdmin
from .event import EventAdmin
from .rule import RuleAdmin
from .stray import StrayAdmin, StrayCallAdmin
from .subscription import SubscriptionAdmin

__all__ = [
    "EventAdmin",
    "RuleAdmin",
    "StrayAdmin",
    "StrayCallAdmin",
    "SubscriptionAdmin",
    "SubscriptionCallAdmin",
]

"""The admin's rooms for groups, people and syncs."""

from .group import GroupAdmin
from .people import MemberAdmin, SubscriberAdmin
from .runs import SyncRunAdmin

__all__ = ["GroupAdmin", "MemberAdmin", "SubscriberAdmin", "SyncRunAdmin"]

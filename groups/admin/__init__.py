"""The admin's rooms for groups, people and syncs."""

from .changes import GroupChangeAdmin
from .group import GroupAdmin
from .imports import ImportRunAdmin
from .people import MemberAdmin, SubscriberAdmin
from .runs import SyncRunAdmin

__all__ = [
    "GroupAdmin",
    "GroupChangeAdmin",
    "ImportRunAdmin",
    "MemberAdmin",
    "SubscriberAdmin",
    "SyncRunAdmin",
]

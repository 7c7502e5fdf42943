"""Whom a broadcast is for: an expression, worked out in the database, and the calls that reach it."""

from .expression import GROUPS, MIX, MODES, PEOPLE, PUBLIC, Choice, Exclude, Expression, Include, Plan
from .rules import Rules
from .scope import Scope, scope_of
from .snapshot import Snapshot, stamp, taken

__all__ = [
    "GROUPS",
    "MIX",
    "MODES",
    "PEOPLE",
    "PUBLIC",
    "Choice",
    "Exclude",
    "Expression",
    "Include",
    "Plan",
    "Rules",
    "Scope",
    "Snapshot",
    "scope_of",
    "stamp",
    "taken",
]

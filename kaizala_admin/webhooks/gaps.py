"""Events were lost, or may have been: apps above repair their mirrors. They register at start-up."""

from collections.abc import Callable

from .models import Subscription

Repair = Callable[[Subscription], None]
_REPAIRS: list[Repair] = []


def on_gap(repair: Repair) -> Repair:
    """Registers a repair. It runs inside a transaction: it saves rows and posts outbox rows, calls nobody."""
    _REPAIRS.append(repair)
    return repair


def told(subscription: Subscription) -> None:
    """What this subscription should have told is missing since its last event."""
    for repair in _REPAIRS:
        repair(subscription)

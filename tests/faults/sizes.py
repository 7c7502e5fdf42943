"""How much is broken. A small part with each commit, all of it with KAIZALA_FAULTS=full."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Counts, and seconds where it says so. `batch` is people in one call."""

    people: int  # in the sandbox; four fifths of them follow its largest group
    kills: int  # F1
    deaths: int  # F2, at each point
    broker_kills: int  # F3
    database_hits: int  # F5
    silent_bells: int  # F6
    copies_of_bells: int  # F7, for each call
    limiter_seconds: int  # F10
    storms: int  # F11
    waiting: int  # F12
    rotations: int  # F13
    odd_answers: int  # F14, of each kind
    sync_kills: int  # F18
    presses: int  # F20
    deploys: int  # F22
    crowd: int  # in the sandbox, while it is paused at so many
    moments: int
    lives: int  # F25, of broadcasts
    steps: int  # in each


SMALL = Sizes(
    people=300,
    kills=5,
    deaths=2,
    broker_kills=2,
    database_hits=1,
    silent_bells=20,
    copies_of_bells=1,
    limiter_seconds=20,
    storms=1,
    waiting=20,
    rotations=2,
    odd_answers=1,
    sync_kills=3,
    presses=10,
    deploys=2,
    crowd=300,
    moments=8,
    lives=30,
    steps=20,
)
FULL = Sizes(
    people=1_300,
    kills=20,
    deaths=20,
    broker_kills=10,
    database_hits=10,
    silent_bells=200,
    copies_of_bells=5,
    limiter_seconds=180,
    storms=200,
    waiting=50,
    rotations=20,
    odd_answers=20,
    sync_kills=20,
    presses=200,
    deploys=20,
    crowd=6_300,
    moments=50,
    lives=2_000,
    steps=50,
)

EVERYTHING = os.environ.get("KAIZALA_FAULTS", "") == "full"
SIZES = FULL if EVERYTHING else SMALL
SEED = int(os.environ.get("KAIZALA_FAULTS_SEED", "20261123"))

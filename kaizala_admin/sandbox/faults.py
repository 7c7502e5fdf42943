"""Faults on purpose: what a tester told the sandbox to do to the next calls of an operation.

`...-before` faults happen instead of the call, `...-after` faults once it was accepted and stands in the
ledger. `html`, `moved`, `throttle` and `expired-token` come instead of the call too; `half` cuts an accepted
call's answer in the middle; `slow` waits and then does the call; `hang-after` does the call and then waits.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import asdict, dataclass
from typing import Any

from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.fields import Fields

KINDS = frozenset(
    [
        "error-before",
        "error-after",
        "cut-before",
        "cut-after",
        "slow",
        "moved",
        "html",
        "half",
        "throttle",
        "expired-token",
        "hang-after",
    ]
)


@dataclass
class Fault:
    """One rule; `times` counts down to 0 and None means always.

    `seconds` and `retry_after` are in seconds.
    """

    id: int
    operation: str
    kind: str
    status: int
    seconds: float
    retry_after: str
    location: str
    probability: float
    times: int | None
    hits: int = 0

    def shown(self) -> dict[str, Any]:
        """Return the rule as the control plane lists it."""
        row = asdict(self)
        row["retryAfter"] = row.pop("retry_after")
        return row


class Faults:
    """The rules in force, oldest first; they are forgotten when the sandbox restarts."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Fault] = []
        self._ids = itertools.count(1)
        self._chance = random.Random(seed)  # noqa: S311 - repeatable faults, not secrets

    def add(self, given: Fields) -> Fault:
        """Store a rule from the control plane; ApiError 400 for an unknown kind."""
        kind = given.required("kind").lower()
        if kind not in KINDS:
            raise bad_request(f"kind has to be one of {', '.join(sorted(KINDS))}.")
        times = given.get("times")
        rule = Fault(
            id=next(self._ids),
            operation=given.text("operation", default="*") or "*",
            kind=kind,
            status=given.whole("status", 502 if kind == "html" else 500),
            seconds=float(given.text("seconds", default="1")),
            retry_after=given.text("retryafter", default="1"),
            location=given.text("location"),
            probability=float(given.text("probability", default="1")),
            times=None if times is None else given.whole("times", 1),
        )
        self.rules.append(rule)
        return rule

    def pick(self, operation: str) -> Fault | None:
        """Return the first rule that strikes this call and use it up by one, or None."""
        for rule in self.rules:
            if rule.operation in ("*", operation) and self._strikes(rule):
                return rule
        return None

    def _strikes(self, rule: Fault) -> bool:
        if rule.times is not None and rule.times <= 0:
            return False
        if rule.probability < 1.0 and self._chance.random() >= rule.probability:
            return False
        if rule.times is not None:
            rule.times -= 1
        rule.hits += 1
        return True

    def clear(self, rule_id: int | None = None) -> None:
        """Drop one rule, or all."""
        self.rules = [] if rule_id is None else [rule for rule in self.rules if rule.id != rule_id]

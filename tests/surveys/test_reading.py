"""Answers as people read them on a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from surveys import values


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (values.DATE, "2026-05-01T20:00:00Z", "May 1, 2026"),  # a day has no zone
        (values.DATE_TIME, "2026-05-01T20:00:00Z", "May 2, 2026, 1:30 a.m."),
        (values.DATE_TIME, {"raw": "tomorrow"}, "tomorrow"),
        (values.DATE, None, ""),
        (values.TEXT, "2026-05-01T20:00:00Z", "2026-05-01T20:00:00Z"),
    ],
)
def test_a_time_is_in_the_readers_zone_and_a_day_stays_that_day(kind: str, value: Any, words: str) -> None:
    with timezone.override("Asia/Kolkata"):
        assert values.for_reading(kind, value) == words

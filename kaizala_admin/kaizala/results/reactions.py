"""Likes and comments (contract 12). Cursors are ticks beyond 2^53: text here, never a float."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .reading import lowered, moment, needed_list, text, whole


@dataclass(frozen=True)
class ReactionSummary:
    reference_id: str
    likes: int
    comments: int


@dataclass(frozen=True)
class ReactionSummaryPage:
    """`cursor` is None when the answer holds none."""

    summaries: tuple[ReactionSummary, ...]
    cursor: str | None


@dataclass(frozen=True)
class Reaction:
    """Who reacted and when; Kaizala gives neither the name nor a comment's text."""

    reaction_id: str
    person_id: str
    last_modified: datetime | None


@dataclass(frozen=True)
class ReactionPage:
    reactions: tuple[Reaction, ...]
    cursor: str | None


def _read_cursor(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    number = whole(value)
    return None if number is None else str(number)


def _read_summary(raw: object) -> ReactionSummary:
    record = lowered(raw)
    counts = lowered(record.get("reactionscountmap"))
    return ReactionSummary(
        reference_id=text(record.get("referenceid")),
        likes=whole(counts.get("like")) or 0,
        comments=whole(counts.get("comment")) or 0,
    )


def _read_reaction(raw: object) -> Reaction:
    record = lowered(raw)
    return Reaction(
        reaction_id=text(record.get("reactionid")),
        person_id=text(record.get("userid")),
        last_modified=moment(record.get("lastmodifiedtime")),
    )


def read_reaction_summaries(body: Mapping[str, Any]) -> ReactionSummaryPage:
    summaries = tuple([_read_summary(raw) for raw in needed_list(body, "summary")])
    return ReactionSummaryPage(summaries, _read_cursor(body.get("cursor")))


def read_reactions(body: Mapping[str, Any]) -> ReactionPage:
    reactions = tuple([_read_reaction(raw) for raw in needed_list(body, "reactiondetails")])
    return ReactionPage(reactions, _read_cursor(body.get("cursor")))

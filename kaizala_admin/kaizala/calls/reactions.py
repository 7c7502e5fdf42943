"""Likes and comments (contract 12)."""

from __future__ import annotations

from collections.abc import Mapping

from kaizala_admin.kaizala.exchange import Call
from kaizala_admin.kaizala.limits import require_choice, require_id, require_text
from kaizala_admin.kaizala.results import ReactionPage, ReactionSummaryPage
from kaizala_admin.kaizala.results.reactions import read_reaction_summaries, read_reactions
from kaizala_admin.kaizala.results.reading import needed_text

from .base import Body, Caller, group_path, query_text, segment

REACTION_TYPES = ("Like", "Comment")


class ReactionCalls(Caller):
    """`source_group_id` is the group an action came from, when that was a parent of this one."""

    def add_reaction(
        self,
        group_id: str,
        reference_id: str,
        reaction_type: str,
        comment: str = "",
        source_group_id: str = "",
    ) -> str:
        """Like a message or comment on it; the reaction's id."""
        body: Body = {
            "referenceId": require_id(reference_id, "reference_id"),
            "sourceGroupId": source_group_id or group_id,
            "reactionType": require_choice(reaction_type, REACTION_TYPES, "reaction_type"),
        }
        if reaction_type == "Comment":
            body["comment"] = require_text(comment, "comment")
        answer = self._write("add_reaction", "POST", f"{group_path(group_id)}/reaction", body)
        return needed_text(answer, "reactionid")

    def fetch_reaction_summary(
        self,
        group_id: str,
        reference_id: str | None = None,
        source_group_id: str = "",
        cursor: str | int | None = None,
    ) -> ReactionSummaryPage:
        """How many likes and comments: of one message, or page by page of all of them."""
        params: dict[str, object] = {"sourceGroupId": source_group_id or group_id}
        if reference_id is None:
            params["cursor"] = _cursor(cursor)
        one = "" if reference_id is None else f"/{segment(reference_id, 'reference_id')}"
        path = f"{group_path(group_id)}/reaction{one}/summary"
        return read_reaction_summaries(self._exactly("fetch_reaction_summary", path, params))

    def fetch_reactions(
        self,
        group_id: str,
        reference_id: str,
        reaction_type: str = "Like",
        source_group_id: str = "",
        cursor: str | int | None = None,
    ) -> ReactionPage:
        """Who reacted to one message, page by page."""
        params: dict[str, object] = {
            "sourceGroupId": source_group_id or group_id,
            "reactionType": require_choice(reaction_type, REACTION_TYPES, "reaction_type"),
            "cursor": _cursor(cursor),
        }
        path = f"{group_path(group_id)}/reaction/{segment(reference_id, 'reference_id')}"
        return read_reactions(self._exactly("fetch_reactions", path, params))

    def _exactly(self, operation: str, path: str, params: Mapping[str, object]) -> Body:
        return self._perform(Call(operation, "GET", f"{path}?{query_text(params)}", exact_numbers=True))


def _cursor(cursor: str | int | None) -> str:
    """The first page starts at 0."""
    return str(cursor or 0)

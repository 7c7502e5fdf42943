"""Members and subscribers: operations 11 to 16, and a member's role."""

from __future__ import annotations

from collections.abc import Iterable

from kaizala_admin.kaizala.limits import (
    MAX_MEMBERS,
    MAX_SUBSCRIBERS_PER_CALL,
    SUBSCRIBER_PAGE,
    require_choice,
    require_count,
    require_phones,
)
from kaizala_admin.kaizala.results import Person, SubscriberPage, SubscriberResults
from kaizala_admin.kaizala.results.people import read_members, read_subscriber_page, read_subscriber_results

from .base import Body, Caller, check_done, group_path, segment

ROLES = ("Admin", "Member")


class MemberCalls(Caller):
    def fetch_members(self, group_id: str) -> tuple[Person, ...]:
        """All members in one answer, up to 300,000 (OP 12)."""
        return read_members(self._get("fetch_members", f"{group_path(group_id)}/members"))

    def add_members(self, group_id: str, mobile_numbers: Iterable[str]) -> None:
        """Add at most 100 people as members; Kaizala does not say who failed (OP 11)."""
        numbers = require_phones(mobile_numbers, "mobile_numbers", most=MAX_MEMBERS)
        path = f"{group_path(group_id)}/members"
        check_done(self._write("add_members", "PUT", path, {"members": list(numbers)}, bare=True))

    def remove_member(self, group_id: str, member_id: str) -> None:
        """`member_id` is the person's id, not the phone number (OP 13)."""
        path = f"{group_path(group_id)}/members/{segment(member_id, 'member_id')}"
        check_done(self._delete("remove_member", path))

    def set_member_role(self, group_id: str, member_id: str, role: str) -> None:
        """Make a member an Admin, or an admin a Member (contract 5)."""
        path = f"{group_path(group_id)}/members/{segment(member_id, 'member_id')}"
        body = {"role": require_choice(role, ROLES, "role")}
        check_done(self._write("set_member_role", "PUT", path, body, bare=True))


class SubscriberCalls(Caller):
    def fetch_subscribers(
        self, group_id: str, cursor: str | None = None, count: int = SUBSCRIBER_PAGE
    ) -> SubscriberPage:
        """A page of at most 50 subscribers; a POST that only reads (OP 14)."""
        body: Body = {"count": require_count(count, "count", most=SUBSCRIBER_PAGE)}
        if cursor:
            body["cursor"] = cursor
        path = f"{group_path(group_id)}/subscribers"
        return read_subscriber_page(self._write("fetch_subscribers", "POST", path, body))

    def add_subscribers(self, group_id: str, mobile_numbers: Iterable[str]) -> SubscriberResults:
        """Subscribe at most 100 people; one result a number (OP 15)."""
        return self._change("add_subscribers", group_id, "add", mobile_numbers)

    def remove_subscribers(self, group_id: str, mobile_numbers: Iterable[str]) -> SubscriberResults:
        """Unsubscribe at most 100 people; one result a number (OP 16)."""
        return self._change("remove_subscribers", group_id, "remove", mobile_numbers)

    def _change(self, operation: str, group_id: str, verb: str, numbers: Iterable[str]) -> SubscriberResults:
        asked = require_phones(numbers, "mobile_numbers", most=MAX_SUBSCRIBERS_PER_CALL)
        path = f"{group_path(group_id)}/subscribers/{verb}"
        body = self._write(operation, "PUT", path, {"subscribers": list(asked)})
        return read_subscriber_results(body, asked)

"""Actions and what people answer: operations 19, 20, 22 to 25, reminders and properties."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kaizala_admin.kaizala.errors import InvalidInput
from kaizala_admin.kaizala.limits import ACTION_PAGE, require_aware, require_count, require_text
from kaizala_admin.kaizala.payloads import Action, ActionProperty, Response, SurveyResponse
from kaizala_admin.kaizala.payloads.responses import ActionResponse
from kaizala_admin.kaizala.results import ActionDetails, ActionPage, Sent
from kaizala_admin.kaizala.results.actions import read_action_details, read_action_page
from kaizala_admin.kaizala.results.reading import needed_text
from kaizala_admin.kaizala.results.sending import read_sent

from .base import Body, Caller, audience, check_done, group_path, segment


def _epoch(moment: datetime | int | None) -> int | None:
    """Epoch seconds, as the samples have them (contract OP 24)."""
    if isinstance(moment, datetime):
        return int(require_aware(moment, "from_date").timestamp())
    return None if moment is None else require_count(moment, "from_date", least=0)


def _action_path(group_id: str, action_id: str) -> str:
    return f"{group_path(group_id)}/actions/{segment(action_id, 'action_id')}"


class ActionCalls(Caller):
    def send_action(self, group_id: str, action: Action) -> Sent:
        """Any kind of action to everybody in a group (OP 25)."""
        path = f"{group_path(group_id)}/actions"
        return read_sent(self._write("send_action", "POST", path, action.envelope()))

    def send_action_to_subscribers(
        self, group_id: str, action: Action, mobile_numbers: Iterable[str] = (), send_to_all: bool = False
    ) -> Sent:
        """The same, to at most 100 named subscribers of a public group, or to all of them (OP 22)."""
        body = {**action.envelope(), **audience(mobile_numbers, send_to_all)}
        path = f"{group_path(group_id)}/actions"
        return read_sent(self._write("send_action_to_subscribers", "POST", path, body))

    def fetch_actions(
        self,
        group_id: str,
        action_type: str,
        from_date: datetime | int | None = None,
        count: int = ACTION_PAGE,
    ) -> ActionPage:
        """Actions of one type, from an aware time or epoch seconds on (OP 24)."""
        params: dict[str, object] = {"actionType": require_text(action_type, "action_type")}
        params |= {"fromDate": _epoch(from_date), "count": require_count(count, "count")}
        return read_action_page(self._get("fetch_actions", f"{group_path(group_id)}/actions", params))

    def fetch_action(self, group_id: str, action_id: str, details: bool = True) -> ActionDetails:
        """One action, with every response when `details` is true (OP 23)."""
        body = self._get("fetch_action", _action_path(group_id, action_id), {"getDetails": details})
        return read_action_details(body, action_id)

    def post_survey_response(
        self, group_id: str, action_id: str, response: SurveyResponse | ActionResponse
    ) -> str:
        """Answer a survey; the response's id (OP 19)."""
        return self._respond("post_survey_response", group_id, action_id, response)

    def post_action_response(self, group_id: str, action_id: str, response: Response) -> str:
        """Answer a job or a custom action; the response's id (OP 20)."""
        return self._respond("post_action_response", group_id, action_id, response)

    def _respond(self, operation: str, group_id: str, action_id: str, response: Response) -> str:
        path = f"{_action_path(group_id, action_id)}/responses"
        return needed_text(self._write(operation, "POST", path, response.envelope()), "responseid")

    def send_reminder(
        self, group_id: str, action_id: str, mobile_numbers: Iterable[str] = (), send_to_all: bool = False
    ) -> Sent:
        """Remind named subscribers, all of them, or (with neither) whom Kaizala chooses (contract 9)."""
        numbers = mobile_numbers if isinstance(mobile_numbers, str) else tuple(mobile_numbers)
        body: Body = audience(numbers, send_to_all) if numbers or send_to_all else {}
        path = f"{_action_path(group_id, action_id)}/reminder"
        return read_sent(self._write("send_reminder", "POST", path, body))

    def update_action_properties(
        self, group_id: str, action_id: str, properties: Iterable[ActionProperty]
    ) -> None:
        """Change properties of a custom action that was sent (contract 9)."""
        items = [{"propertyType": "Custom", **item.body()} for item in properties]
        if not items:
            raise InvalidInput("Name at least one property.", field="properties")
        body = {"version": -1, "notificationTargetGroup": group_id, "actionProperties": items}
        path = f"{_action_path(group_id, action_id)}/properties"
        check_done(self._write("update_action_properties", "PUT", path, body, bare=True))

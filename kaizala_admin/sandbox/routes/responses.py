"""Operations 19 and 20: the caller answers a survey, a job or an action package (contract 11)."""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox.actions import Action
from kaizala_admin.sandbox.errors import bad_request, not_found
from kaizala_admin.sandbox.fields import Fields
from kaizala_admin.sandbox.questions import check_answers
from kaizala_admin.sandbox.responding import respond
from kaizala_admin.sandbox.routes.actions import named_action
from kaizala_admin.sandbox.world import Call


def post_response(call: Call) -> dict[str, Any]:
    """Store an answer, or change the one named by `responseId`. Returns `{responseId}`."""
    action = named_action(call)
    _check_kind(call.body, action)
    if action.due_at is not None and action.due_at <= call.world.clock.now():
        raise bad_request("The action has expired.", "ActionExpired")
    body = Fields(call.body.get("actionbody"))
    answers = _answers(body, action)
    guid = _earlier(call, action)
    with call.store.transaction():
        guid = respond(call.world, action, call.grant.person_id, answers, body.get("responselocation"), guid)
    return {"responseId": guid}


def _check_kind(body: Fields, action: Action) -> None:
    kind, package_id = body.text("actiontype"), body.text("id")
    if bool(kind) == bool(package_id):
        raise bad_request("Give either actionType or id.")
    if package_id != action.package_id or (kind and kind.lower() != action.kind.lower()):
        raise bad_request("The action is of another type.", "InvalidActionType")
    if action.kind not in ("Survey", "Job", "Action"):
        raise bad_request("This type of action takes no response.", "InvalidActionType")


def _answers(body: Fields, action: Action) -> Any:
    if action.kind == "Job":
        return {"isCompleted": body.flag("iscompleted")}
    answers = body.items("answers")
    check_answers(action.body["questions"], answers)
    return answers


def _earlier(call: Call, action: Action) -> str:
    guid = call.body.text("responseid")
    sql = "SELECT 1 FROM responses WHERE guid = ? AND action_id = ? AND person_id = ?"
    if guid and not call.store.one(sql, (guid, action.id, call.grant.person_id)):
        raise not_found("The response")
    return guid

"""One person answers one action: the row, and the event that tells of it (contract 11 and 15).

Events carry three hidden rows after the questions: `Responder Location`, `ResponseTime`, and one whose real
name is not recorded; here it is `Responder Name`.
"""

from __future__ import annotations

import json
from typing import Any

from kaizala_admin.sandbox.actions import Action
from kaizala_admin.sandbox.attachments import escaped, files_of
from kaizala_admin.sandbox.clock import milliseconds
from kaizala_admin.sandbox.hooks import emit
from kaizala_admin.sandbox.ids import new_guid
from kaizala_admin.sandbox.world import World

EVENTS = {
    "Survey": "SurveyResponse",
    "Job": "JobResponse",
    "Poll": "PollResponse",
    "LetsMeet": "LetsMeetResponse",
}


def respond(
    world: World, action: Action, person_id: int, answers: Any, location: Any = None, guid: str = ""
) -> str:
    """Store an answer, or change the one with `guid` or the person's only one; return the responseId."""
    store, now = world.store, world.clock.now()
    guid = guid or _own(world, action, person_id)
    is_update = bool(guid)
    text = json.dumps(answers, ensure_ascii=False)
    place = None if location is None else json.dumps(location, ensure_ascii=False)
    if is_update:
        sql = "UPDATE responses SET answers = ?, location = ?, at = ?, updates = updates + 1 WHERE guid = ?"
        store.run(sql, (text, place, now, guid))
    else:
        guid = new_guid()
        sql = (
            "INSERT INTO responses (guid, action_id, person_id, answers, location, at) "
            "VALUES (?, ?, ?, ?, ?, ?)"
        )
        store.run(sql, (guid, action.id, person_id, text, place, now))
    _tell(world, action, person_id, guid, answers, location, is_update)
    return guid


def _own(world: World, action: Action, person_id: int) -> str:
    if action.body.get("acceptMultipleResponses"):
        return ""
    sql = "SELECT guid FROM responses WHERE action_id = ? AND person_id = ?"
    return world.store.value(sql, (action.id, person_id)) or ""


def _tell(
    world: World, action: Action, person_id: int, guid: str, answers: Any, location: Any, is_update: bool
) -> None:
    event = EVENTS.get(action.kind, "ActionResponse")
    sql = (
        "SELECT guid, coalesce(number, ''), coalesce(name, ''), coalesce(picture, '') FROM people "
        "WHERE id = ?"
    )
    person = world.store.one(sql, (person_id,))
    data: dict[str, Any] = {"actionId": action.guid, "groupId": action.group_guid, "responseId": guid}
    if action.kind == "Job":
        data |= {"responseDetails": {"response": job_response(person, answers)}}
    else:
        data |= _answered(world, action, person, answers, location, is_update)
    for object_id in filter(None, (action.group_guid, action.guid, action.package_id)):
        emit(world, event, object_id, escaped(world, data), person_id, event_id=guid)


def job_response(person: Any, answers: Any) -> dict[str, Any]:
    """Return who has (not) completed a job; `person` is (guid, number, name, picture)."""
    return {
        "assignee": person[1],
        "assigneeName": person[2],
        "assigneeProfilePic": person[3],
        "isCompleted": answers["isCompleted"],
    }


def _answered(
    world: World, action: Action, person: Any, answers: Any, location: Any, is_update: bool
) -> dict[str, Any]:
    anonymous = bool(action.body.get("isAnonymous"))
    data: dict[str, Any] = {"isUpdateResponse": is_update, **responder(person, anonymous)}
    if action.package_id:
        data |= {"actionPackageId": action.package_id, "packageId": action.package_id}
    if action.kind in ("Poll", "LetsMeet"):
        return data | {"responseDetails": answers}
    rows = answered_questions(action, answers)
    hidden = _hidden(location, world.clock.now(), "" if anonymous else person[2])
    return data | {"responseDetails": {"responseWithQuestions": rows + hidden}}


def responder(person: Any, anonymous: bool) -> dict[str, Any]:
    """Return who answered, blank when the action is anonymous; `person` is (guid, number, name, picture)."""
    guid, number, name, picture = ("", "", "", "") if anonymous else person
    return {
        "responder": number,
        "responderName": name,
        "responderId": guid,
        "responderProfilePic": picture,
        "isAnonymous": anonymous,
    }


def answered_questions(action: Action, answers: Any) -> list[dict[str, Any]]:
    """Return each question with its answer, in the shapes that events use."""
    rows = []
    for question, answer in zip(action.body["questions"], answers, strict=False):
        row = {key: question[key] for key in ("title", "type", "options")} | {
            "answer": _shaped(question["type"], answer)
        }
        rows.append(row | ({"isInvisible": True} if question["isInvisible"] else {}))
    return rows


def _shaped(kind: str, answer: Any) -> Any:
    if answer is None:
        return None
    if kind == "SingleOption":
        return [answer]
    if kind == "Numeric":
        return float(answer)
    if kind == "DateTime":
        moment = float(answer)
        return int(moment if moment > 1e11 else moment * 1000)
    if kind in ("Image", "AttachmentList"):
        return [file for item in _as_list(answer) for file in _files(item)]
    return answer


def _as_list(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def _files(item: Any) -> list[dict[str, str]]:
    return [item] if isinstance(item, dict) else files_of(str(item))


def _hidden(location: Any, now: float, name: str) -> list[dict[str, Any]]:
    place = location or {}
    point = (
        {"lt": place.get("latitude"), "lg": place.get("longitude"), "n": place.get("name", "")}
        if place
        else None
    )
    rows = (
        ("Responder Location", "Location", point),
        ("ResponseTime", "DateTime", milliseconds(now)),
        ("Responder Name", "Text", name),
    )
    return [{"title": t, "type": k, "options": [], "answer": a, "isInvisible": True} for t, k, a in rows]

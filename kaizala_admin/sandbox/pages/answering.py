"""GET and POST /phones/{number}/answers/{action}: a person answers a card on the phone.

Surveys and action packages take one field a question, polls and meetings one choice, jobs a tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiohttp import web

from kaizala_admin.sandbox.actions import Action, find_actions
from kaizala_admin.sandbox.errors import ApiError, bad_request
from kaizala_admin.sandbox.pages.render import link, page, template
from kaizala_admin.sandbox.questions import check_answers
from kaizala_admin.sandbox.responding import respond
from kaizala_admin.sandbox.world import World

Given = Mapping[str, Any]  # a posted form: a multidict
MEETING = ("Yes", "No", "Maybe")
ANSWERABLE = ("Survey", "Poll", "Job", "LetsMeet", "Action")
NOT_HERE = ("Image", "AttachmentList")  # a page in a browser has no camera
STEPS = {"Numeric": ("number", 'step="any"'), "DateTime": ("datetime-local", ""), "PhoneNumber": ("tel", "")}


def form(world: World, number: str, guid: str, wrong: str = "") -> web.Response:
    """Return the page with the card's questions."""
    person, action = _person(world, number), _action(world, guid)
    if person is None or action is None:
        return _nothing(number)
    content = template("answer.html").substitute(
        number=escape(number),
        name=escape(person[1] or "No name"),
        title=escape(action.title or str(action.body.get("question", ""))),
        wrong=f'<p class="on" role="alert">{escape(wrong)}</p>' if wrong else "",
        fields=_fields(action),
    )
    answer = page("Answer", content)
    if wrong:
        answer.set_status(400)
    return answer


def give(world: World, number: str, guid: str, given: Given) -> web.Response:
    """Store what the form says, as that person's phone would, and go back to the phone."""
    person, action = _person(world, number), _action(world, guid)
    if person is None or action is None:
        return _nothing(number)
    try:
        if action.due_at is not None and action.due_at <= world.clock.now():
            raise bad_request("The action has expired.", "ActionExpired")
        answers = _answers(action, given)
        with world.store.transaction():
            respond(world, action, person[0], answers)
    except ApiError as error:
        return form(world, number, guid, str(error.body()["message"]))
    raise web.HTTPSeeOther(f"/phones/{number}")


def _person(world: World, number: str) -> Any:
    return world.store.one("SELECT id, name FROM people WHERE number = ?", (number,))


def _action(world: World, guid: str) -> Action | None:
    found = find_actions(world.store, "a.guid = ?", (guid,))
    return found[0] if found and takes_answers(found[0].kind) else None


def takes_answers(kind: str) -> bool:
    """Say whether cards of this kind can be answered."""
    return kind in ANSWERABLE


def _nothing(number: str) -> web.Response:
    answer = page("Nothing", f"<h1>There is nothing to answer</h1><p>{link(f'/phones/{number}', 'Back')}</p>")
    answer.set_status(404)
    return answer


def _fields(action: Action) -> str:
    body = action.body
    if action.kind == "Poll":
        return _choices("Your choice", "choice", [choice["title"] for choice in body["choices"]], "radio")
    if action.kind == "LetsMeet":
        return _choices("Will you come?", "status", MEETING, "radio")
    if action.kind == "Job":
        return _choices("This job", "isCompleted", ("Done",), "checkbox")
    questions = enumerate(body["questions"])
    return "".join(_question(at, one) for at, one in questions if not one["isInvisible"])


def _question(at: int, question: dict[str, Any]) -> str:
    kind, name, title = question["type"], f"q{at}", str(question["title"])
    options = [option["title"] for option in question["options"]]
    if kind == "SingleOption":
        return _choices(title, name, options, "radio")
    if kind == "MultiOption":
        return _choices(title, name, options, "checkbox")
    label = f'<span dir="auto">{escape(title)}</span>'
    if kind in NOT_HERE:
        return f'<p class="soft">{label}: pictures and files cannot be taken here.</p>'
    if kind == "Text":
        return f'<label>{label}<textarea name="{name}" rows="3"></textarea></label>'
    if kind == "Location":
        return (
            f"<fieldset><legend>{label}</legend>{_input('Latitude', f'{name}-lt', 'number', 'step=any')}"
            f"{_input('Longitude', f'{name}-lg', 'number', 'step=any')}"
            f"{_input('Name of the place', f'{name}-n', 'text')}</fieldset>"
        )
    shape, more = STEPS.get(kind, ("text", ""))
    return f'<label>{label}<input type="{shape}" name="{name}" {more}></label>'


def _input(label: str, name: str, shape: str, more: str = "") -> str:
    return f'<label>{label}<input type="{shape}" name="{name}" {more}></label>'


def _choices(title: str, name: str, options: Any, shape: str) -> str:
    boxes = "".join(
        f'<label class="box"><input type="{shape}" name="{name}" value="{escape(option)}">'
        f'<span dir="auto">{escape(option)}</span></label>'
        for option in options
    )
    return f'<fieldset><legend dir="auto">{escape(title)}</legend>{boxes}</fieldset>'


def _answers(action: Action, given: Given) -> Any:
    """What an answer holds, in the shapes of the calls (contract 11)."""
    if action.kind == "Poll":
        titles = [choice["title"] for choice in action.body["choices"]]
        return {"choice": _one_of(given.get("choice"), titles)}
    if action.kind == "LetsMeet":
        return {"status": _one_of(given.get("status"), MEETING)}
    if action.kind == "Job":
        return {"isCompleted": "isCompleted" in given}
    questions = action.body["questions"]
    found = [_read(f"q{at}", one, given) for at, one in enumerate(questions)]
    if not any(answer is not None for answer in found):
        raise bad_request("Answer at least one question.")
    check_answers(questions, found)
    return found


def _one_of(chosen: Any, options: Any) -> str:
    if chosen not in options:
        raise bad_request("Choose one of the answers.")
    return str(chosen)


def _read(name: str, question: dict[str, Any], given: Given) -> Any:
    kind, text = question["type"], str(given.get(name, "")).strip()
    if kind == "MultiOption":
        chosen = list(given.getall(name, []))  # type: ignore[attr-defined]
        return chosen or None
    if kind == "Location":
        return _place(name, given)
    if not text or kind in NOT_HERE:
        return None
    if kind == "DateTime":
        return _milliseconds(text)
    return {"cc": "", "pn": text} if kind == "PhoneNumber" else text


def _place(name: str, given: Given) -> dict[str, Any] | None:
    told = [str(given.get(f"{name}-{part}", "")).strip() for part in ("lt", "lg", "n")]
    if not told[0] or not told[1]:
        return None
    try:
        return {"lt": float(told[0]), "lg": float(told[1]), "n": told[2]}
    except ValueError:
        raise bad_request("A place needs numbers.") from None


def _milliseconds(text: str) -> int:
    """Since 1970, of a date and time as browsers write them; the sandbox's phones live in UTC."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise bad_request("This is no date and time.") from None

"""Questions of surveys and action packages, and whether an answer fits one (contract 9 and 11)."""

from __future__ import annotations

from typing import Any

from kaizala_admin.sandbox.errors import bad_request
from kaizala_admin.sandbox.fields import Fields

TYPES = {
    "singleoption": "SingleOption",
    "multioption": "MultiOption",
    "multipleoption": "MultiOption",
    "text": "Text",
    "image": "Image",
    "numeric": "Numeric",
    "date": "DateTime",
    "datetime": "DateTime",
    "location": "Location",
    "attachmentlist": "AttachmentList",
    "phonenumber": "PhoneNumber",
}
CHOICES = ("SingleOption", "MultiOption")


def read_questions(given: list[Any], required: bool) -> list[dict[str, Any]]:
    """Return questions as `{title, type, isInvisible, options}`; ApiError 400 says what is wrong."""
    if required and not given:
        raise bad_request("questions is required.")
    return [_question(Fields(item)) for item in given]


def _question(given: Fields) -> dict[str, Any]:
    title = given.required("title")
    kind = TYPES.get(given.required("type").lower())
    if kind is None:
        raise bad_request(f"The type of the question {title!r} is not known.")
    options = [{"title": Fields(option).required("title")} for option in given.items("options")]
    if kind in CHOICES and not options:
        raise bad_request(f"The question {title!r} needs options.")
    return {"title": title, "type": kind, "isInvisible": given.flag("isinvisible"), "options": options}


def check_answers(questions: list[dict[str, Any]], answers: list[Any]) -> None:
    """Refuse answers that are not one for each question, hidden ones too, in order and of the right shape."""
    if len(answers) != len(questions):
        raise bad_request(
            f"{len(questions)} answers are needed, {len(answers)} were given.", "InvalidAnswers"
        )
    for question, answer in zip(questions, answers, strict=True):
        if answer not in (None, "") and not _fits(question, answer):
            raise bad_request(f"The answer to {question['title']!r} does not fit its type.", "InvalidAnswers")


def _fits(question: dict[str, Any], answer: Any) -> bool:
    titles = {option["title"] for option in question["options"]}
    kind = question["type"]
    if kind == "SingleOption":
        return answer in titles if isinstance(answer, str) else False
    if kind == "MultiOption":
        return isinstance(answer, list) and all(item in titles for item in answer if isinstance(item, str))
    if kind in ("Numeric", "DateTime"):
        return _is_numeric(answer)
    if kind in ("Location", "PhoneNumber"):
        return isinstance(answer, dict)
    if kind == "AttachmentList":
        return isinstance(answer, list)
    return isinstance(answer, str)


def _is_numeric(answer: Any) -> bool:
    try:
        float(answer)
    except (TypeError, ValueError):
        return False
    return not isinstance(answer, bool)

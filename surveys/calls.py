"""The calls about an action that was sent: an answer of ours (operations 19 and 20), and a reminder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizala_admin.kaizala import InvalidInput, KaizalaClient, Sent
from kaizala_admin.kaizala.payloads import ActionResponse, Answer, JobResponse, Place, SurveyResponse
from kaizala_admin.outbox.models import FINAL, State
from kaizala_admin.outbox.words import REASONS
from messaging.media import uploading
from messaging.media.models import MediaUpload
from surveys import values
from surveys.models import Action, ActionInstance, Answering, Reminder


@dataclass(frozen=True)
class Brought:
    """A file of the answer is at Kaizala; `resource` is what Kaizala calls it, and opens it."""

    file: int
    resource: str


def answer(row: Answering, client: KaizalaClient) -> str | Brought:
    """Makes one call: the upload of the next file, or at last the answer. The file, or the response's ID."""
    for file in _files(row.answers):
        if "file" in file and "resource" not in file:
            upload = MediaUpload(files=str(file["file"]))
            return Brought(file["file"], uploading.perform(upload, client))
    instance = row.instance
    where = (instance.group.group_id, instance.kaizala_id)
    earlier = row.earlier.response_id if row.earlier else ""
    if instance.action.kind == Action.Kind.JOB:
        return client.post_action_response(*where, JobResponse(bool(row.is_completed), earlier))
    asked = instance.action.questions.order_by("index").values_list("index", "type")
    given = tuple([answer_of(kind, row.answers.get(f"q{index}")) for index, kind in asked])
    if instance.action.kind == Action.Kind.CUSTOM:
        package_id = instance.action.package_id
        return client.post_action_response(*where, ActionResponse(package_id, given, earlier))
    return client.post_survey_response(*where, SurveyResponse(given, earlier))


def answer_of(question_type: str, value: Any) -> Answer:
    """A stored answer as it is posted (contract 11)."""
    if value is None:
        return None
    if question_type in values.DATES:
        return datetime.fromisoformat(value)
    if question_type == values.LOCATION:
        return Place(value["lt"], value["lg"], value.get("n", ""))
    if question_type == values.IMAGE:
        return _named(value[0])
    if question_type == values.FILES:
        return [_named(file) for file in value]
    found: Answer = value
    return found


def _named(file: Mapping[str, Any]) -> str:
    """A file of ours as Kaizala calls it, one that was there before by its address."""
    return str(file.get("resource") or file["url"])


def _files(answers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    lists = [value for value in answers.values() if isinstance(value, list)]
    return (one for value in lists for one in value if isinstance(one, dict))


def needed() -> Iterator[int]:
    """Files of the library that an answer which is not over yet still needs."""
    for answers in Answering.objects.exclude(state__in=FINAL).values_list("answers", flat=True):
        yield from (int(file["file"]) for file in _files(answers) if "file" in file)


def brought(row: Answering, result: Brought) -> None:
    """The file's name at Kaizala waits in the row for the call that needs it."""
    for file in _files(row.answers):
        if file.get("file") == result.file:
            file["resource"] = result.resource
    Answering.objects.filter(pk=row.pk).update(answers=row.answers)


def answered(row: Answering, response_id: str) -> None:
    """Kaizala took it. The mirror hears of it as of every answer: it is fetched."""
    _over(row, response_id[:100])
    ActionInstance.objects.filter(pk=row.instance_id).update(wants_fetch=True)


def moved(row: Answering, state: State) -> None:
    """It failed, was cancelled, or a person says that it arrived.

    What Kaizala calls the files is used again by a retry. Unless Kaizala refused a call: then they may be
    what it refused, and a retry brings them anew.
    """
    if state == State.SENT:
        answered(row, "")
    elif state == State.CANCELLED:
        _over(row, "")
    elif state == State.FAILED and row.reason not in REASONS:
        _without_resources(row)


def _over(row: Answering, response_id: str) -> None:
    """Nothing of it is sent any more: what opens the files goes, and of an anonymous answer everything."""
    if row.instance.action.is_anonymous:
        Answering.objects.filter(pk=row.pk).update(answers={}, earlier=None)
        return
    _without_resources(row)
    Answering.objects.filter(pk=row.pk).update(response_id=response_id)


def _without_resources(row: Answering) -> None:
    for file in _files(row.answers):
        file.pop("resource", None)
    Answering.objects.filter(pk=row.pk).update(answers=row.answers)


def remind(row: Reminder, client: KaizalaClient) -> Sent:
    """Makes the one call. Without people it is refused: an empty list means the whole group (contract 7)."""
    where = (row.instance.group.group_id, row.instance.kaizala_id)
    if row.to_all:
        return client.send_reminder(*where)
    if not row.numbers:
        raise InvalidInput("This reminder names no people, so it was not sent.", field="subscribers")
    return client.send_reminder(*where, mobile_numbers=row.numbers)

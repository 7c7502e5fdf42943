"""What webhooks tell of surveys, polls, jobs and meetings (contract 15).

Each batch is written as a sync writes: told again, in any order, it comes to the same. Where an event alone
cannot say what holds, the answers are fetched.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from groups.models import Group
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala.results.actions import ReceivedAnswer, ReceivedResponse, read_response
from kaizala_admin.kaizala.results.reading import first_text, listed, lowered, moment, text, truth
from kaizala_admin.webhooks.router import Received, on
from surveys import values
from surveys.models import Action, ActionInstance
from surveys.models.responses import Source
from surveys.sync import assignees, details, questions
from surveys.sync.heard import Heard, hear
from surveys.sync.instances import Found
from surveys.sync.instances import write as write_instances
from surveys.sync.writing import lock, write

KINDS = {
    "Survey": Action.Kind.SURVEY,
    "Action": Action.Kind.CUSTOM,
    "Job": Action.Kind.JOB,
    "Poll": Action.Kind.POLL,
    "LetsMeet": Action.Kind.MEETING,
}
Told = list[tuple[Received, dict[str, Any]]]


@on("SurveyCreated", "ActionCreated", "JobCreated", "PollCreated", "LetsMeetCreated")
def created(events: Sequence[Received]) -> None:
    """Something was sent to a group, by us or by somebody on a phone."""
    for instance, told in _by_instance(events, "Created"):
        for _event, record in told:
            details.set_flags(instance.action, record)
            details.ask(instance.action, questions.told(record, instance.action.kind), [])
            numbers = [found for one in listed(record.get("assignedto")) if (found := text(one))]
            assignees.note(instance, [], numbers, clock.now())


@on("SurveyResponse", "ActionResponse", "JobResponse", "PollResponse", "LetsMeetResponse")
def answered(events: Sequence[Received]) -> None:
    """People answered, or changed their answers."""
    for instance, told in _by_instance(events, "Response"):
        for _event, record in told:
            details.set_flags(instance.action, record)
        _respond(instance, [record for _event, record in told])


def _respond(instance: ActionInstance, records: Sequence[Mapping[str, Any]]) -> None:
    asked = questions.known(instance.action)
    heard = []
    for record in records:
        received = _read(instance.action, record, asked)
        wanted = questions.of_answers(received.answers) if not asked else []
        if not asked and wanted:
            asked = details.ask(instance.action, wanted, [])
        if (one := _hear(instance.action, asked, received, record)) is not None:
            heard.append(one)
    counted = [(one.index, one.type) for one in asked]
    written = write(instance, counted, heard, clock.now())
    assignees.note(instance, heard, [], clock.now())
    if written.doubtful or (written.changed and any(one.answered_at is None for one in heard)):
        ActionInstance.objects.filter(pk=instance.pk).update(wants_fetch=True)


def _read(action: Action, record: Mapping[str, Any], asked: Sequence[questions.Asked]) -> ReceivedResponse:
    received = read_response(record, [{"title": one.title, "type": one.type} for one in asked])
    if action.kind in questions.ONE_QUESTION and not received.answers:
        title = asked[0].title if asked else action.title
        chosen = ReceivedAnswer(title, values.SINGLE, (), record.get("responsedetails"), False)
        received = replace(received, answers=(chosen,))
    return received


def _hear(
    action: Action, asked: Sequence[questions.Asked], received: ReceivedResponse, record: Mapping[str, Any]
) -> Heard | None:
    told = moment(questions.time_in(received.answers)) or received.sent_at
    is_update = truth(record.get("isupdateresponse")) is True
    return hear(action, asked, received, Source.EVENT, is_update=is_update, answered_at=told)


def _by_instance(events: Sequence[Received], ending: str) -> list[tuple[ActionInstance, Told]]:
    """The events by what they are about, each locked for this transaction, in a steady order.

    The first event to tell of an action makes its instance. ValueError when a group is not in the mirror.
    """
    groups = _groups(events)
    told: dict[tuple[int, str], Told] = defaultdict(list)
    for event in events:
        record = lowered(event.data)
        group_id = event.group_id or first_text(record, "groupid")
        group, action_id = groups.get((event.tenant_id, group_id)), first_text(record, "actionid")[:100]
        if group is None:
            raise ValueError(_("The group of this event is not in the mirror. Sync its connector first."))
        if not action_id:
            raise ValueError(_("The event does not say which action it is about."))
        told[group.pk, action_id].append((event, record))
    known = _known(told)
    by_pk = {group.pk: group for group in groups.values()}
    for key in sorted(told.keys() - known.keys()):
        known[key] = _make(by_pk[key[0]], key[1], told[key], ending)
    return [(lock(pk), told[key]) for pk, key in sorted((row.pk, key) for key, row in known.items())]


def _groups(events: Sequence[Received]) -> dict[tuple[int, str], Group]:
    ids = {event.group_id or first_text(lowered(event.data), "groupid") for event in events}
    tenants = {event.tenant_id for event in events}
    rows = Group.objects.filter(tenant__in=tenants, group_id__in=ids)
    return {(row.tenant_id, row.group_id): row for row in rows}


def _known(told: Mapping[tuple[int, str], Told]) -> dict[tuple[int, str], ActionInstance]:
    groups, ids = {group for group, _id in told}, {action_id for _group, action_id in told}
    rows = ActionInstance.objects.filter(group__in=groups, kaizala_id__in=ids)
    return {key: row for row in rows if (key := (row.group_id, row.kaizala_id)) in told}


def _make(group: Group, action_id: str, told: Told, ending: str) -> ActionInstance:
    event, record = told[0]
    kind = KINDS[event.event_type.removesuffix(ending)]
    is_package = kind == Action.Kind.CUSTOM
    is_new = ending == "Created"
    found = Found(
        action_id,
        kind.value,
        first_text(record, "title", "question"),
        _sent_at(told),
        sender=event.sender_number if is_new else "",
        package_id=first_text(record, "actionpackageid", "packageid") if is_package else "",
        due_at=moment(record.get("duedate")) or moment(record.get("expirydate")),
    )
    return write_instances(group, [found], event.received_at)[0]


def _sent_at(told: Told) -> datetime:
    return min(event.received_at for event, _record in told)

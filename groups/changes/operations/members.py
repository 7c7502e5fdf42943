"""Operations 11 and 13, and the member's role."""

from typing import Any

from django.utils.translation import gettext as _

from groups.changes.looking import look_again
from groups.changes.models import GroupChange
from groups.changes.results import Outcome, settle
from groups.models import Group, Member
from groups.sync import changed, people
from kaizala_admin.connectors import clock
from kaizala_admin.kaizala import KaizalaClient, Person, Refused

from .base import Absent, Halve, Operation, batch, group_id, halve, note, numbers, stopped, there_before

RESOLVE = "resolve"  # a stage: the member's user ID is not known yet


def _add(change: GroupChange, client: KaizalaClient) -> Any:
    before = there_before(change, Member)
    answer = batch(change, lambda some: client.add_members(group_id(change), some))
    return answer if isinstance(answer, Halve) else before


def _added(change: GroupChange, answer: Any) -> bool:
    """Kaizala does not say who failed (contract 5): who was in the mirror was there, the others are new."""
    if isinstance(answer, Halve):
        return halve(change, answer)
    changed.joined(Member, _group(change), numbers(change), clock.now())
    settle(
        change,
        {number: (Outcome.THERE if number in answer else Outcome.ADDED, "") for number in numbers(change)},
    )
    look_again(change)
    return True


def _remove(change: GroupChange, client: KaizalaClient) -> Any:
    """Kaizala wants the user ID; for somebody whose ID we do not know the members are read first."""
    if change.stage == RESOLVE:
        return client.fetch_members(group_id(change))
    return _or_absent(lambda: client.remove_member(group_id(change), change.payload["person_id"]))


def _removed(change: GroupChange, answer: Any) -> bool:
    if change.stage == RESOLVE:
        return not _resolve(change, answer) or stopped(change)
    number = str(change.payload["numbers"][0])
    changed.left(Member, _group(change), clock.now(), person_id=change.payload["person_id"])
    if isinstance(answer, Absent):
        settle(change, {number: (Outcome.ABSENT, "")})
        note(change, "absent", answer.message)
    else:
        settle(change, {number: (Outcome.REMOVED, "")})
    look_again(change)
    return True


def _resolve(change: GroupChange, members: tuple[Person, ...]) -> bool:
    """True: the ID is known now, and the next call removes the person. False: nobody has that number."""
    number = str(change.payload["numbers"][0])
    found = next((one for one in members if people.number_of(one) == number and one.person_id), None)
    if found is None:
        changed.left(Member, _group(change), clock.now(), mobile_number=number)
        wanted = change.kind == GroupChange.Kind.REMOVE_MEMBER
        nobody = (
            (Outcome.ABSENT, "") if wanted else (Outcome.REFUSED, _("Nobody in the group has this number."))
        )
        settle(change, {number: nobody})
        look_again(change)
        return False
    Member.objects.filter(group=change.group_id, person_id=f"tel:{number}").update(
        person_id=found.person_id, name=found.name[: people.LONGEST_NAME]
    )
    change.payload = {**change.payload, "person_id": found.person_id}
    change.stage = ""
    change.save(update_fields=["payload", "stage"])
    return True


def _set_role(change: GroupChange, client: KaizalaClient) -> Any:
    if change.stage == RESOLVE:
        return client.fetch_members(group_id(change))
    person, role = change.payload["person_id"], change.payload["role"]
    return _or_absent(lambda: client.set_member_role(group_id(change), person, role))


def _role_set(change: GroupChange, answer: Any) -> bool:
    if change.stage == RESOLVE:
        return not _resolve(change, answer) or stopped(change)
    number = str(change.payload["numbers"][0])
    if isinstance(answer, Absent):
        settle(change, {number: (Outcome.REFUSED, answer.message)})
        look_again(change)
        return True
    changed.role(_group(change), change.payload["person_id"], change.payload["role"], clock.now())
    settle(change, {number: (Outcome.CHANGED, "")})
    return True


def _or_absent(call: Any) -> Any:
    try:
        return call()
    except Refused as error:
        if error.status == 404 and error.code:
            return Absent(error.message)
        raise


def _group(change: GroupChange) -> Group:
    assert change.group is not None  # every kind in this file has one
    return change.group


ADD = Operation("add_members", _add, _added, repeatable=True)
REMOVE = Operation("remove_member", _remove, _removed, repeatable=True)
SET_ROLE = Operation("set_member_role", _set_role, _role_set, repeatable=True)

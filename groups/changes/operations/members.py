"""Operations 11 and 13, and the member's role."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from groups.changes.looking import look_again
from groups.changes.models import GroupChange
from groups.changes.results import Outcome, settle
from groups.models import Group, Member
from groups.sync import changed, people
from kaizala_admin.connectors import bulk, clock
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


def look_up(changes: Sequence[GroupChange]) -> None:
    """Whom any list has brought meanwhile is known by now: such a change reads none of its own."""
    for change in changes:
        if change.stage == RESOLVE:
            same = Member.objects.filter(group=change.group_id, mobile_number=change.payload["numbers"][0])
            known = same.filter(gone_at__isnull=True).exclude(person_id__startswith="tel:")
            if person_id := known.values_list("person_id", flat=True).first():
                _go_on(change, person_id)


def _go_on(change: GroupChange, person_id: str) -> None:
    """The next call is the change itself."""
    change.payload, change.stage = {**change.payload, "person_id": person_id}, ""
    change.save(update_fields=["payload", "stage"])


def _resolve(change: GroupChange, members: tuple[Person, ...]) -> bool:
    """True: the ID is known now, and the next call removes the person. False: nobody has that number."""
    number = str(change.payload["numbers"][0])
    _name(_group(change), members)
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
    _go_on(change, found.person_id)
    return True


def _name(group: Group, members: tuple[Person, ...]) -> None:
    """IDs and names of all whom the mirror has by number alone: those who wait behind need no list then.

    Not of whom it has under that ID as well; a sync sorts them out.
    """
    here = Member.objects.filter(group=group)
    ours = dict(here.filter(person_id__startswith="tel:").values_list("mobile_number", "pk"))
    told = {who.person_id: who for who in members if who.person_id and people.number_of(who) in ours}
    twice = set(here.filter(person_id__in=bulk.any_of(told)).values_list("person_id", flat=True))
    rows = [
        (person_id, who.name[: people.LONGEST_NAME], ours[people.number_of(who)])
        for person_id, who in told.items()
        if person_id not in twice
    ]
    bulk.update_values(Member, ("person_id", "name"), rows)


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

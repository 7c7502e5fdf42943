"""Operations 4 and 7: a new group, on its own or below another one; its picture is uploaded first (17)."""

from typing import Any

from groups import services
from groups.changes.models import ChangePicture, GroupChange
from groups.changes.results import NO_REASON, Outcome, settle
from groups.models import Group, Member
from groups.sync import changed
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Grant
from kaizala_admin.kaizala import CreatedGroup, GroupInfo, KaizalaClient, Refused
from kaizala_admin.kaizala.results.media import picture_url

from .base import Operation, explained, group_id

UPLOAD = "upload"  # a stage


def _create(change: GroupChange, client: KaizalaClient) -> Any:
    if change.stage == UPLOAD:
        return _upload(change, client)
    asked = change.payload
    return client.create_group(
        asked["name"],
        asked["welcome_message"],
        asked.get("numbers", ()),
        asked["group_type"],
        image_url=asked.get("image_url", ""),
    )


def _create_below(change: GroupChange, client: KaizalaClient) -> Any:
    if change.stage == UPLOAD:
        return _upload(change, client)
    asked = change.payload
    try:
        return client.create_subgroup(
            group_id(change),
            asked["name"],
            asked["welcome_message"],
            asked.get("numbers", ()),
            asked["add_caller"],
            image_url=asked.get("image_url", ""),
        )
    except Refused as error:
        raise explained(error) from error


def _upload(change: GroupChange, client: KaizalaClient) -> str:
    file = change.picture
    return client.upload_media([(file.name, bytes(file.data), file.content_type)])


def _uploaded(change: GroupChange, media_resource: str) -> bool:
    """The change goes on with its own call."""
    change.payload = {**change.payload, "image_url": picture_url(media_resource)}
    change.stage = ""
    change.save(update_fields=["payload", "stage"])
    ChangePicture.objects.filter(change=change.pk).delete()
    return False


def _created(change: GroupChange, answer: Any) -> bool:
    """The group is in the mirror at once, with its first people; a sync brings what else there is."""
    if isinstance(answer, str):
        return _uploaded(change, answer)
    now, asked = clock.now(), change.payload
    group = changed.made(change.grant, _info(change, answer), now)
    parent = change.group or _parent_of_grant(change, answer)
    if parent is not None:
        changed.linked(parent, group, now)
    numbers = [str(number) for number in asked.get("numbers", ())]
    took = answer.members_added is not False
    if took:
        changed.joined(Member, group, numbers, now)
    change.other = group
    change.save(update_fields=["other"])
    outcome = (Outcome.ADDED, "") if took else (Outcome.REFUSED, str(NO_REASON))
    settle(change, dict.fromkeys(numbers, outcome))
    _sync(group)
    return True


def _info(change: GroupChange, answer: CreatedGroup) -> GroupInfo:
    asked = change.payload
    caller_in = asked.get("add_caller", True)
    return GroupInfo(
        group_id=answer.group_id,
        name=answer.name,
        group_type=asked["group_type"],
        image_url=asked.get("image_url", ""),
        welcome_message=asked["welcome_message"],
        caller_role="Admin" if caller_in and change.grant.kind != Grant.Kind.GROUP else "",
        has_sub_groups=False,
    )


def _parent_of_grant(change: GroupChange, answer: CreatedGroup) -> Group | None:
    """A token of one group makes sub-groups of that group (contract 3.2)."""
    if not answer.added_as_sub_group:
        return None
    return Group.objects.filter(reaches__grant=change.grant_id, reaches__gone_at__isnull=True).first()


def _sync(group: Group) -> None:
    try:
        services.start_sync(group)
    except services.CannotSync:
        return  # made for others: no grant of ours reaches it


CREATE_GROUP = Operation("create_group", _create, _created, repeatable=False)
CREATE_SUBGROUP = Operation("create_subgroup", _create_below, _created, repeatable=False)

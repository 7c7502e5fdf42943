"""The mirror's groups that events name, and how to read what they say of people."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from groups.models import Group
from kaizala_admin.kaizala import Person as RemotePerson
from kaizala_admin.kaizala.results.reading import first_text, lowered
from kaizala_admin.webhooks.router import Received

LONGEST_SYNC = timedelta(hours=1)  # an event older than a sync by this is a replay: the sync knows better


def groups_of(events: Sequence[Received]) -> dict[tuple[int, str], Group]:
    """The mirrored groups that the events are about, by tenant and Kaizala's ID. One query."""
    return by_ids({event.tenant_id for event in events}, {event.group_id for event in events})


def by_ids(tenants: Iterable[int], group_ids: Iterable[str]) -> dict[tuple[int, str], Group]:
    """The mirrored groups of these tenants with these IDs."""
    rows = Group.objects.filter(tenant__in=set(tenants), group_id__in={one for one in group_ids if one})
    rows = rows.only("tenant", "group_id", "synced_at", "name")
    return {(row.tenant_id, row.group_id): row for row in rows}


def is_old(event: Received, group: Group) -> bool:
    """Whether a sync has read the group since, beyond doubt."""
    return group.synced_at is not None and event.received_at < group.synced_at - LONGEST_SYNC


def person_of(event: Received) -> RemotePerson:
    """Who joined or left (contract 15). With neither ID nor number nobody is told."""
    data = lowered(event.data)
    role = first_text(data, "type", "role").lower()
    return RemotePerson(
        person_id=first_text(data, "memberid", "userid"),
        mobile_number=first_text(data, "member", "mobilenumber", "user"),
        name=first_text(data, "membername", "username", "name"),
        profile_pic=first_text(data, "memberprofilepic", "userprofilepic", "profilepic"),
        is_provisioned=event.event_type == "UserJoined",
        role="Admin" if role == "admin" else "Member",
    )

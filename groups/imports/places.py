"""Groups as a sheet names them: by Kaizala's ID or by name; and whether we may change them."""

from dataclasses import dataclass, field

from groups import queries
from groups.changes.checking import links_of
from groups.models import Group

from .models import ImportRow

Problem = ImportRow.Problem


@dataclass(frozen=True)
class Place:
    """A group of the tenant, as far as an import needs it."""

    key: int
    public: bool
    known: bool  # who is in it: it has been synced


@dataclass
class Places:
    """Every present group of a tenant, by ID and by name. Three queries."""

    by_id: dict[str, Place] = field(default_factory=dict)
    by_name: dict[str, list[Place]] = field(default_factory=dict)
    changeable: set[int] = field(default_factory=set)

    def find(self, text: str) -> tuple[Place | None, str]:
        """(the group, "") or (None or the group, problem)."""
        wanted = text.strip()
        place = self.by_id.get(wanted)
        if place is None:
            named = self.by_name.get(wanted.casefold(), [])
            if len(named) != 1:
                return None, Problem.TWO_GROUPS if named else Problem.NO_GROUP
            place = named[0]
        return place, "" if place.key in self.changeable else Problem.NO_ADMIN


def of_tenant(tenant_id: int) -> Places:
    """Reads them."""
    places = Places()
    groups = Group.objects.filter(tenant=tenant_id, gone_at__isnull=True)
    rows = groups.values_list("pk", "group_id", "name", "group_type", "synced_at").order_by()
    for key, group_id, name, group_type, synced_at in rows.iterator(chunk_size=2_000):
        place = Place(key, group_type == Group.Type.PUBLIC, synced_at is not None)
        places.by_id[group_id] = place
        places.by_name.setdefault(name.strip().casefold(), []).append(place)
    reaches = queries.usable_reaches().filter(group__tenant=tenant_id).exclude(role="Member")
    places.changeable = set(reaches.order_by().values_list("group_id", flat=True))
    return places


class Graph:
    """The links of a tenant, as the sheet changes them row by row."""

    def __init__(self, tenant_id: int) -> None:
        self.children = links_of([tenant_id])

    def has(self, parent: int, child: int) -> bool:
        return child in self.children.get(parent, ())

    def rings(self, parent: int, child: int) -> bool:
        """Whether a link from the parent to the child would close a ring."""
        to_do, seen = [child], {child}
        while to_do:
            key = to_do.pop()
            if key == parent:
                return True
            new = self.children.get(key, set()) - seen
            seen |= new
            to_do += new
        return False

    def add(self, parent: int, child: int) -> None:
        self.children[parent].add(child)

    def remove(self, parent: int, child: int) -> None:
        self.children[parent].discard(child)

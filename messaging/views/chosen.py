"""What stands in a compose form that nobody has sent yet: whom it means so far."""

from collections.abc import Iterable

from django.http import QueryDict

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from messaging.audience import GROUPS, MIX, PEOPLE, PUBLIC
from messaging.models import Broadcast, SavedAudience

from .persons import number

NAMED_BY = {GROUPS: ("groups",), PUBLIC: ("public",), PEOPLE: ("to",), MIX: ("groups", "public", "through")}


def keys(said: QueryDict, name: str) -> list[int]:
    """The primary keys that a field holds."""
    return [number(one) for one in said.getlist(name)]


def tenant(said: QueryDict) -> Tenant | None:
    """The organisation of all that is chosen; else the draft's, or the only one that there is.

    None: several are meant, or nothing tells which.
    """
    found = _chosen(said) or set(Tenant.objects.values_list("pk", flat=True)[:2])
    return Tenant.objects.get(pk=found.pop()) if len(found) == 1 else None


def _chosen(said: QueryDict) -> set[int]:
    mode = said.get("mode", "")
    groups = [pk for name in NAMED_BY.get(mode, ()) for pk in keys(said, name)]
    found = _tenants(Group.objects.filter(pk__in=groups).values_list("tenant", flat=True))
    if mode == MIX:
        saved = SavedAudience.objects.filter(pk__in=keys(said, "saved"))
        found |= _tenants(saved.values_list("tenant", flat=True))
    if not found:
        found = _tenants(Tenant.objects.filter(pk__in=keys(said, "tenant")).values_list("pk", flat=True))
    if not found:
        draft = Broadcast.objects.filter(pk=number(said.get("draft", "")))
        found = _tenants(draft.values_list("tenant", flat=True))
    return found


def _tenants(rows: Iterable[int]) -> set[int]:
    return set(rows)

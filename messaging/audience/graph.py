"""Groups with all that is below them."""

from collections.abc import Iterable

from groups.models import GroupLink


def below(group_ids: Iterable[int]) -> tuple[int, ...]:
    """The groups and every present group below them, each once, the given ones first. One query a level."""
    found = dict.fromkeys(group_ids)
    level = list(found)
    while level:
        children: list[int] = []
        for start in range(0, len(level), 500):
            links = GroupLink.objects.filter(
                parent__in=level[start : start + 500], gone_at__isnull=True, child__gone_at__isnull=True
            )
            children += links.order_by("child__name", "child_id").values_list("child_id", flat=True)
        level = [one for one in dict.fromkeys(children) if one not in found]
        found.update(dict.fromkeys(level))
    return tuple(found)

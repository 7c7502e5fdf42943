"""How long calls take at today's budgets, and how to say it."""

from collections import Counter
from collections.abc import Mapping

from django.utils.translation import gettext as _

from kaizala_admin.connectors.budgets import Pace
from kaizala_admin.connectors.models import Connector


def seconds(calls: Mapping[int, int]) -> int:
    """For so many calls by connector key: the slowest of the connectors' and tenants' budgets."""
    connectors = Connector.objects.select_related("tenant").in_bulk([pk for pk, n in calls.items() if n])
    slowest, of_tenant = 0.0, Counter[tuple[int, int]]()
    for pk, connector in connectors.items():
        slowest = max(slowest, _time(calls[pk], connector.calls_per_minute))
        of_tenant[connector.tenant_id, connector.tenant.calls_per_minute] += calls[pk]
    whole = max((_time(count, allowed) for (_pk, allowed), count in of_tenant.items()), default=0.0)
    return round(max(slowest, whole))


def _time(calls: int, calls_per_minute: int) -> float:
    pace = Pace(calls_per_minute)
    return max(0, calls - pace.burst) * pace.spacing(slowed=False) + 0.5


def in_words(duration: int) -> str:
    """ "a few seconds", "about 40 s", "about 1 min 40 s", "about 2 h 5 min"."""
    if duration < 5:
        return _("a few seconds")
    if duration < 60:
        return _("about %(s)d s") % {"s": duration}
    if duration < 3600:
        minutes, rest = divmod(duration, 60)
        both = {"m": minutes, "s": rest}
        return _("about %(m)d min %(s)d s") % both if rest else _("about %(m)d min") % both
    hours, minutes = divmod(round(duration / 60), 60)
    return _("about %(h)d h %(m)d min") % {"h": hours, "m": minutes}

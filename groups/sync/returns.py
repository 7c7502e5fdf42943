"""People who come back: nobody else remembers that they were away."""

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from groups.figures.models import Return
from groups.models import Member


def note(rows: QuerySet[Any], at: datetime) -> None:
    """Call it before the rows of people who are gone are made present again; of others it notes nothing.

    They are back since `at`; and growth, which counts its latest days anew, keeps the day when they left.
    """
    gone = rows.filter(gone_at__isnull=False).order_by()
    days = gone.annotate(day=TruncDate("gone_at")).values_list("group", "day").annotate(Count("pk"))
    name, today = "members" if rows.model is Member else "subscribers", timezone.localdate(at)
    notes = []
    for group, day, count in days:
        notes.append(Return(group_id=group, day=day, **{f"{name}_left": count}))
        notes.append(Return(group_id=group, day=today, **{f"{name}_joined": count}))
    if notes:
        Return.objects.bulk_create(notes)
        gone.update(back_at=at)

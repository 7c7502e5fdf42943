"""Stored lines of a draft that nobody can be reached by."""

from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Member, Subscriber
from messaging.models import AudienceLine

from .scope import Scope


def strangers(scope: Scope) -> QuerySet[AudienceLine]:
    """Lines with a good number that follows no carrying group and is in no group called as a whole."""
    good = AudienceLine.objects.filter(broadcast=scope.broadcast, problem="").order_by("line", "id")
    same = {"gone_at__isnull": True, "mobile_number": OuterRef("mobile_number")}
    follows = Subscriber.objects.filter(group__in=[group.pk for group in scope.carriers], **same)
    found = good.exclude(Exists(follows))
    if scope.whole:
        found = found.exclude(Exists(Member.objects.filter(group__in=scope.whole, **same)))
    return found

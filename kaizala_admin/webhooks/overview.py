"""The numbers above the list of subscriptions, each with the rows behind it."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from .models import Event, Subscription
from .views import event_list_url, list_url

S = Subscription.State
CAP = 10_000  # nobody needs to know how many more


@dataclass(frozen=True)
class Tile:
    label: str
    value: str
    url: str
    tone: str = ""


def tiles() -> list[Tile]:
    """Three queries, however many events there are."""
    found = Subscription.objects.order_by().aggregate(
        active=Count("pk", Q(state=S.ACTIVE)),
        coming=Count("pk", Q(state__in=[S.REGISTERING, S.ENDING])),
        off=Count("pk", Q(state__in=[S.DISABLED, S.REFUSED])),
    )
    waiting, failed = (_few(state) for state in (Event.State.WAITING, Event.State.FAILED))
    return [
        Tile(_("active"), f"{found['active']:,}", list_url(state__exact=S.ACTIVE), "success"),
        Tile(_("being set up or ended"), f"{found['coming']:,}", list_url(state__exact=S.REGISTERING)),
        Tile(
            _("need attention"),
            f"{found['off']:,}",
            list_url(state__in=f"{S.DISABLED},{S.REFUSED}"),
            "danger" if found["off"] else "",
        ),
        Tile(_("events wait"), waiting, event_list_url(state__exact=Event.State.WAITING)),
        Tile(
            _("events failed"),
            failed,
            event_list_url(state__exact=Event.State.FAILED),
            "danger" if failed != "0" else "",
        ),
    ]


def _few(state: Event.State) -> str:
    count = Event.objects.filter(state=state).order_by()[: CAP + 1].count()
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def home() -> str:
    """Where Kaizala finds us; "" while nobody said."""
    url: str = settings.KAIZALA_PUBLIC_URL
    return url

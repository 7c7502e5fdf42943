"""What rules for events may ask of surveys, polls and jobs, and what is repaired when events were lost."""

from collections.abc import Iterator

from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups import queries
from groups.models import Group
from kaizala_admin.connectors.models import Connector
from kaizala_admin.webhooks import gaps, sources
from kaizala_admin.webhooks.models import Subscription
from surveys.models import Action, ActionInstance

EVERY_ACTION = "actions"
EVERY_PACKAGE = "packages"
OF_PACKAGES = ("ActionCreated", "ActionResponse")
ANSWERS = ("SurveyResponse", "ActionResponse", "JobResponse", "PollResponse", "LetsMeetResponse")
MOST = 2_000  # subscriptions that one rule asks for, the latest sent first


def register() -> None:
    """Once, at start-up."""
    title = _("Every open survey, poll and job that we sent")
    sources.register(sources.Source(EVERY_ACTION, title, "Action", ANSWERS, every_action))
    title = _("Every action package that was used in our groups, wherever it is used next")
    source = sources.Source(EVERY_PACKAGE, title, "ActionPackage", OF_PACKAGES, every_package)
    sources.register(source)
    gaps.on_gap(fetch_again)


def every_action(connector: Connector) -> Iterator[sources.Wanted]:
    """Each that this connector sent and that may still be answered."""
    still = Q(due_at=None) | Q(due_at__gt=timezone.now())
    rows = ActionInstance.objects.filter(
        still, dispatch__connector=connector, gone_at=None, is_completed=False
    )
    found = list(rows.select_related("action").order_by("-sent_at")[:MOST])
    grants = queries.best_grants(list({row.group_id for row in found}))
    for row in found:
        if row.group_id in grants:
            yield sources.Wanted(row.kaizala_id, grants[row.group_id].pk, row.action.title)


def every_package(connector: Connector) -> Iterator[sources.Wanted]:
    """Each package of which an instance is mirrored in a group that this connector reaches."""
    rows = ActionInstance.objects.filter(
        action__kind=Action.Kind.CUSTOM, group__reaches__grant__connector=connector, gone_at=None
    ).exclude(action__package_id="")
    grants = queries.best_grants(list(rows.order_by().values_list("group_id", flat=True).distinct()))
    ours = [group for group, grant in grants.items() if grant.connector_id == connector.pk]
    used = rows.filter(group__in=ours).order_by("action__package_id")
    for package_id, group in used.values_list("action__package_id").annotate(Min("group_id"))[:MOST]:
        yield sources.Wanted(package_id, grants[group].pk, package_id)


def fetch_again(subscription: Subscription) -> None:
    """Fetches its answers once more, as it was off for a while; of a group or package, all that are open."""
    rows = ActionInstance.objects.filter(group__tenant=subscription.connector.tenant_id, gone_at=None)
    if subscription.object_type == Subscription.Object.ACTION:
        rows.filter(kaizala_id=subscription.object_id).update(wants_fetch=True)
        return
    open_ones = rows.filter(Q(due_at=None) | Q(due_at__gt=timezone.now()), is_completed=False)
    if subscription.object_type == Subscription.Object.GROUP:
        groups = Group.objects.filter(group_id=subscription.object_id)
        open_ones.filter(group__in=groups).update(wants_fetch=True)
    elif subscription.object_type == Subscription.Object.PACKAGE:
        actions = Action.objects.filter(package_id=subscription.object_id)
        open_ones.filter(action__in=actions).update(wants_fetch=True)

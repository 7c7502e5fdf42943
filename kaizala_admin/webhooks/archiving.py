"""Rules, subscriptions and what Kaizala told in an archive."""

from django.utils.translation import gettext as _

from kaizala_admin.exports import archive
from kaizala_admin.exports.archive.restoring import after_restore

from .models import LIVING, Event, Rule, Stray, StrayCall, Subscription, SubscriptionCall

OF_SECRETS = ("path_digest", "callback_digest", "old_path_digest", "old_callback_digest", "old_until")
EVENTS_AT_ONCE = 200  # raw bodies


def register() -> None:
    """Once, at start-up; parents before children."""
    archive.register(Rule, "connector__tenant")
    archive.register(Subscription, "connector__tenant", leave_out=OF_SECRETS)
    archive.register(SubscriptionCall, "connector__tenant")
    archive.register(Event, "subscription__connector__tenant", page=EVENTS_AT_ONCE)
    archive.register(Stray, "connector__tenant")
    archive.register(StrayCall, "connector__tenant")
    after_restore(_end)


def _end() -> None:
    """The secrets of their addresses are in no archive. Rules subscribe anew, a person does the rest."""
    why = _("Restored from an archive, which holds no secrets. Subscribe again.")
    over = Subscription.State.ENDED
    Subscription.objects.filter(LIVING).update(state=over, state_reason=why)
    Subscription.objects.filter(state=Subscription.State.ENDING).update(state=over)

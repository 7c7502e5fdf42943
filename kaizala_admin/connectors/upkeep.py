"""What is done on a schedule: tokens renewed in time, the API call log kept short."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from kaizala_admin.kaizala import KaizalaError

from . import clock, instance
from .models import ApiCall, Grant
from .tokens import FRESH, LIFE, TokenRefused, ensure_access, is_fresh

LONGEST_RUN = 45.0  # seconds
EARLIER = 0.05  # a part of 1 of a token's life
PRUNE_BATCH = 1000

log = logging.getLogger(__name__)


def refresh_due() -> int:
    """Renews every access token in the last fifth of its life; returns how many.

    A little earlier for some than for others, so that tokens bought together do not end together.
    """
    if instance.held_since():  # a new token here would take the other console's away
        return 0
    ends, renewed, silent = time.monotonic() + LONGEST_RUN, 0, set()
    for grant in due_grants():
        if time.monotonic() > ends:
            break
        if grant.connector_id in silent:
            continue
        try:
            ensure_access(grant, fresh=_fresh(grant))
            renewed += 1
        except TokenRefused as error:
            log.warning("Grant %s: %s", grant.pk, error.message)
        except KaizalaError as error:
            silent.add(grant.connector_id)  # the others of this connector would wait for nothing
            log.warning("No new access token for grant %s: %s", grant.pk, type(error).__name__)
    return renewed


def due_grants() -> list[Grant]:
    """Working grants of active connectors that want a new access token, the most urgent first."""
    early = LIFE * (FRESH + EARLIER)
    soon = Q(access_expires_at=None) | Q(access_expires_at__lte=clock.later(early))
    working = Grant.objects.filter(soon, state=Grant.State.WORKING, connector__is_active=True)
    now = clock.now()
    ordered = working.select_related("connector").order_by("access_expires_at", "pk")
    return [grant for grant in ordered if not is_fresh(grant, now, _fresh(grant))]


def _fresh(grant: Grant) -> float:
    return FRESH + EARLIER * (grant.pk % 10) / 10


def prune_api_log() -> int:
    """Deletes old calls in short transactions; returns how many."""
    before = clock.now() - timedelta(days=settings.KAIZALA_API_LOG_DAYS)
    pruned = 0
    while ids := list(
        ApiCall.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:PRUNE_BATCH]
    ):
        pruned += ApiCall.objects.filter(pk__in=ids).delete()[0]
    return pruned

"""Addresses for spreadsheets and BI tools: made, read, revoked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from kaizala_admin.connectors import clock
from messaging import trail
from surveys.models import Action, Feed
from surveys.models.feeds import digest_of, new_token

NOTED_EVERY = timedelta(minutes=1)  # a tool that reads all the time does not write all the time


def make(
    *, action: Action, name: str, parameters: Mapping[str, Any], by: AbstractBaseUser
) -> tuple[Feed, str]:
    """The feed, and its token: this is the only time that anybody sees it."""
    token = new_token()
    told: Any = by
    feed = Feed.objects.create(
        action=action,
        name=name.strip()[:100],
        digest=digest_of(token),
        parameters={**parameters, "action": action.pk},
        created_by=told,
        created_at=clock.now(),
    )
    trail.note(action, by, "make an address", after=feed.name)
    return feed, token


def revoke(*, feed: Feed, by: AbstractBaseUser | None) -> bool:
    """Nobody can read it any more. False: it was revoked before."""
    done = Feed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=clock.now())
    if done:
        trail.note(feed.action, by, "revoke an address", before=feed.name)
    return bool(done)


def read(*, token: str) -> Feed | None:
    """The feed of this token, while it holds and its maker may still see responses."""
    rows = Feed.objects.filter(digest=digest_of(token), revoked_at=None).select_related(
        "created_by", "action"
    )
    feed = rows.first()
    if feed is None or not _may(feed.created_by):
        return None
    now = clock.now()
    stale = Q(used_at=None) | Q(used_at__lt=now - NOTED_EVERY)
    Feed.objects.filter(stale, pk=feed.pk).update(used_at=now)
    return feed


def _may(user: Any) -> bool:
    return bool(user.is_active and user.has_perm("surveys.view_response"))

"""What the receiver must know of a subscription, kept in the process for a few seconds.

An end is heeded within KEEP seconds, new secrets within RECENT; who is unknown is looked up once in MISSING.
"""

import hmac
import time
from dataclasses import dataclass

from django.db.models.functions import Now

from .models import Subscription, digest_of

KEEP, MISSING, RECENT = 5.0, 2.0, 0.5  # seconds
MOST = 10_000  # subscriptions remembered; then all are forgotten
LARGEST = 2**63 - 1  # what a key can be
NOBODY = "0" * 64  # a digest that no token has


@dataclass(frozen=True)
class Hook:
    """The digests that may call, and whether it is still wanted."""

    pk: int
    living: bool
    paths: tuple[str, ...]
    callbacks: tuple[str, ...]

    def knows(self, path_token: str, callback_token: str) -> bool:
        """Whether both are right; takes the same time whichever is wrong."""
        path = _matches(path_token, self.paths)
        header = _matches(callback_token, self.callbacks)
        return path and header and self.living

    def knows_path(self, path_token: str) -> bool:
        """Whether the address is right, for the validation, which has no header."""
        return _matches(path_token, self.paths) and self.living


STRANGER = Hook(0, False, (NOBODY, NOBODY), (NOBODY, NOBODY))
_known: dict[int, tuple[float, Hook]] = {}


def find(number: int, within: float = KEEP) -> Hook:
    """The hook of this number; STRANGER when there is none. At most one query.

    `within` is how many seconds old it may be: 0 for the validation, which may ask for what changed just now.
    """
    if number > LARGEST:
        return STRANGER
    now = time.monotonic()
    loaded, hook = _known.get(number, (-KEEP, STRANGER))
    if now - loaded < min(within, KEEP if hook.pk else MISSING):
        return hook
    hook = _load(number)
    if len(_known) >= MOST:
        _known.clear()
    _known[number] = (now, hook)
    return hook


def forget() -> None:
    """Drops what this process remembers."""
    _known.clear()


def _load(number: int) -> Hook:
    rows = Subscription.objects.filter(pk=number).annotate(now=Now())
    found = rows.values_list(
        "state",
        "path_digest",
        "callback_digest",
        "old_path_digest",
        "old_callback_digest",
        "old_until",
        "now",
    ).first()
    if found is None:
        return STRANGER
    state, path, callback, old_path, old_callback, old_until, now = found
    if old_until is None or old_until <= now:
        old_path = old_callback = NOBODY
    living = state != Subscription.State.ENDED
    return Hook(number, living, (path, old_path or NOBODY), (callback, old_callback or NOBODY))


def _matches(token: str, digests: tuple[str, ...]) -> bool:
    given = digest_of(token)
    right = False
    for known in digests:
        right |= hmac.compare_digest(given.encode(), known.encode())
    return right

"""A stable address that answers with the responses as they are now; whoever has it may read them."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .actions import Action


def digest_of(token: str) -> str:
    """What is stored of it: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """43 characters that nobody guesses."""
    return secrets.token_urlsafe(32)


class Feed(models.Model):
    """The token itself is shown once and not stored. It ends when it is revoked, or its maker may no more."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="feeds", verbose_name=_("action"))
    name = models.CharField(_("what it is for"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    parameters = models.JSONField(default=dict)  # of `surveys.exporting`
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"))
    used_at = models.DateTimeField(_("last read"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("address for tools")
        verbose_name_plural = _("addresses for tools")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

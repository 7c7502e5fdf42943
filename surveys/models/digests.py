"""A mail to chosen staff, daily or weekly, that says what has been answered."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .actions import Action


class Digest(models.Model):
    """`hour` and `weekday` (0 is Monday) are of the tenant's time zone. One digest an action."""

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")

    action = models.OneToOneField(Action, models.CASCADE, related_name="digest", verbose_name=_("action"))
    every = models.CharField(_("how often"), max_length=5, choices=Every, default=Every.DAY)
    weekday = models.PositiveSmallIntegerField(_("on"), default=0)
    hour = models.PositiveSmallIntegerField(_("at"), default=8)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("to"))
    next_at = models.DateTimeField(_("next"), db_index=True)
    sent_at = models.DateTimeField(_("last sent"), null=True, blank=True)
    counted = models.PositiveIntegerField(default=0)  # responses at the last one
    problem = models.CharField(_("what went wrong"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action}: {self.every}"

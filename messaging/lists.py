"""Lists of people that are kept apart from any broadcast: saved audiences, and whom nobody may write to."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Tenant


class SavedAudience(models.Model):
    """A named filter over the mirror. `rules` is an audience.Rules; who fits is asked anew at each use."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="saved_audiences", verbose_name=_("tenant"), db_index=False
    )
    name = models.CharField(_("name"), max_length=200)
    rules = models.JSONField(_("rules"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("saved audience")
        verbose_name_plural = _("saved audiences")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="saved_audience_name_in_tenant")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:messaging_savedaudience_change", args=[self.pk])


class DoNotContact(models.Model):
    """A number that no broadcast of this tenant names; in E.164, as everywhere (contract 16)."""

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="do_not_contact", verbose_name=_("tenant"), db_index=False
    )
    mobile_number = models.CharField(_("mobile number"), max_length=20)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("do-not-contact number")
        verbose_name_plural = _("do-not-contact numbers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "mobile_number"], name="do_not_contact_once_in_tenant")
        ]
        indexes = [models.Index(fields=["mobile_number"], name="do_not_contact_mobile")]

    def __str__(self) -> str:
        return self.mobile_number

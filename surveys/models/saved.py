"""How an action's responses are exported, kept under a name."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .actions import Action


class SavedExport(models.Model):
    """`parameters` are those of `surveys.exporting`; everybody who may export can use it."""

    action = models.ForeignKey(
        Action, models.CASCADE, related_name="saved_exports", db_index=False, verbose_name=_("action")
    )
    name = models.CharField(_("name"), max_length=100)
    parameters = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("saved export settings")
        verbose_name_plural = _("saved export settings")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["action", "name"], name="saved_export_name_once")]

    def __str__(self) -> str:
        return self.name

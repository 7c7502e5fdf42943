"""A webhook that is not ours, and the calls about it."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import OutboxRow, State


class Stray(models.Model):
    """Held by Kaizala as of `seen_at`. `leads_to` is scheme, host and port only: paths may hold secrets."""

    class State(models.TextChoices):
        FOUND = "found", _("Found")
        ENDING = "ending", _("Being ended")

    connector = models.ForeignKey(
        Connector, models.CASCADE, related_name="strays", verbose_name=_("connector"), db_index=False
    )
    grant = models.ForeignKey(Grant, models.CASCADE, related_name="+", verbose_name=_("grant"))
    object_type = models.CharField(_("kind"), max_length=20)
    object_id = models.CharField(_("object ID"), max_length=120)
    label = models.CharField(_("about"), max_length=300, blank=True)
    remote_id = models.CharField(_("ID at Kaizala"), max_length=120)
    event_types = models.JSONField(_("events"), default=list)
    leads_to = models.CharField(_("calls"), max_length=200, blank=True)
    is_here = models.BooleanField(_("leads to this console"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.FOUND)
    state_reason = models.CharField(_("why"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("webhook at Kaizala that is not ours")
        verbose_name_plural = _("webhooks at Kaizala that are not ours")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["connector", "remote_id"], name="stray_once")]
        indexes = [
            models.Index(fields=["connector", "object_type", "object_id"], name="stray_object"),
            models.Index(fields=["state", "-id"], name="stray_state"),
        ]

    def __str__(self) -> str:
        return self.label or self.object_id

    def get_absolute_url(self) -> str:
        return reverse("admin:webhooks_stray_change", args=[self.pk])


class StrayCall(OutboxRow):
    """Asks what Kaizala holds for an object that we did not subscribe to, or ends a stray (OP 26 and 28)."""

    class Verb(models.TextChoices):
        LOOK = "look", _("Look")
        END = "end", _("End")

    repeatable: ClassVar[bool] = True  # what was ended before is simply not there

    verb = models.CharField(_("what"), max_length=10, choices=Verb)
    object_type = models.CharField(_("kind"), max_length=20)
    object_id = models.CharField(_("object ID"), max_length=120)
    label = models.CharField(_("about"), max_length=300, blank=True)
    remote_id = models.CharField(_("ID at Kaizala"), max_length=120, blank=True)  # of END

    class Meta(OutboxRow.Meta):
        verbose_name = _("call about a webhook that is not ours")
        verbose_name_plural = _("calls about webhooks that are not ours")
        indexes = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["connector", "remote_id"], name="straycall_remote"),
        ]

    def perform(self, client: KaizalaClient) -> Any:
        from . import ending

        if self.verb == self.Verb.LOOK:
            return client.fetch_webhooks(self.object_id, self.object_type)
        return ending.end_there(client, self.remote_id)

    def record(self, result: Any) -> bool:
        from . import ending, noting

        if self.verb == self.Verb.LOOK:
            noting.note(noting.place_of(self), result)
        else:
            ending.is_over(self)
        return True

    def state_changed(self, state: State) -> None:
        from . import ending

        ending.went_wrong(self, state)

    def title(self) -> str:
        what = {"verb": self.get_verb_display(), "about": self.label or self.object_id}
        return gettext("%(verb)s: webhooks about %(about)s") % what

    def __str__(self) -> str:
        return f"{self.get_verb_display()} #{self.pk}"

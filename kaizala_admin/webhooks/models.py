"""The one way Kaizala writes to us: rules, subscriptions, the calls that keep them true, and events."""

import hashlib
import secrets
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.connectors.fields import EncryptedTextField
from kaizala_admin.connectors.models import Connector, Grant
from kaizala_admin.kaizala import KaizalaClient
from kaizala_admin.outbox.models import OutboxRow, State

from .strays.models import Stray as Stray
from .strays.models import StrayCall as StrayCall


def new_token() -> str:
    """43 characters that nobody guesses."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What the receiver compares with: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


class Rule(models.Model):
    """Subscribes by itself: everything that `source` names of this connector (`webhooks.sources`)."""

    connector = models.ForeignKey(
        Connector, models.CASCADE, related_name="webhook_rules", verbose_name=_("connector")
    )
    source = models.CharField(_("what"), max_length=40)
    event_types = models.JSONField(_("events"), default=list)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("subscription rule")
        verbose_name_plural = _("subscription rules")
        ordering = ["connector__name", "source"]
        constraints = [models.UniqueConstraint(fields=["connector", "source"], name="rule_once_a_connector")]

    def __str__(self) -> str:
        from .sources import title_of

        return str(title_of(self.source))


class Subscription(models.Model):
    """A webhook of ours (contract 14): which object, which events, and under which two secrets it calls.

    `path_token` stands in the address, `callback_token` comes in a header. The receiver knows only their
    digests; after a change of tokens the old ones hold until `old_until`.
    """

    class Object(models.TextChoices):
        GROUP = "Group", _("Group")
        ACTION = "Action", _("Action")
        PACKAGE = "ActionPackage", _("Action package")

    class State(models.TextChoices):
        REGISTERING = "registering", _("Being set up")
        ACTIVE = "active", _("Active")
        DISABLED = "disabled", _("Switched off by Kaizala")
        REFUSED = "refused", _("Refused by Kaizala")
        ENDING = "ending", _("Being ended")
        ENDED = "ended", _("Ended")

    connector = models.ForeignKey(
        Connector, models.CASCADE, related_name="subscriptions", verbose_name=_("connector")
    )
    grant = models.ForeignKey(Grant, models.CASCADE, related_name="+", verbose_name=_("grant"))
    rule = models.ForeignKey(
        Rule, models.SET_NULL, null=True, blank=True, related_name="subscriptions", verbose_name=_("rule")
    )
    object_type = models.CharField(_("kind"), max_length=20, choices=Object, default=Object.GROUP)
    object_id = models.CharField(_("object ID"), max_length=120)
    label = models.CharField(_("about"), max_length=300, blank=True)  # the object's name, for people
    event_types = models.JSONField(_("events"), default=list)
    path_token = EncryptedTextField(_("secret of the address"), default=new_token)
    callback_token = EncryptedTextField(_("secret of the header"), default=new_token)
    path_digest = models.CharField(max_length=64, blank=True)
    callback_digest = models.CharField(max_length=64, blank=True)
    old_path_digest = models.CharField(max_length=64, blank=True)
    old_callback_digest = models.CharField(max_length=64, blank=True)
    old_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.REGISTERING)
    state_reason = models.CharField(_("why"), max_length=500, blank=True)
    remote_id = models.CharField(_("ID at Kaizala"), max_length=120, blank=True)
    told_home = models.CharField(max_length=200, blank=True)  # the KAIZALA_PUBLIC_URL that Kaizala was told
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    checked_at = models.DateTimeField(_("last compared"), null=True, blank=True)
    last_event_at = models.DateTimeField(_("last event"), null=True, blank=True)
    usual_gap = models.FloatField(_("usual gap"), default=0)  # seconds between events, a running mean
    revived_on = models.DateField(null=True, blank=True)
    revived = models.PositiveSmallIntegerField(_("switched on again today"), default=0)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["-id"]
        permissions = [
            ("manage_subscription", _("Can subscribe to events, change and end subscriptions")),
            ("replay_event", _("Can have events worked on again")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "object_type", "object_id"],
                condition=~Q(state="ended"),
                name="one_subscription_an_object",
            )
        ]
        indexes = [
            models.Index(fields=["state", "checked_at"], name="subscription_state"),
            models.Index(fields=["object_id"], name="subscription_object"),
        ]

    def __str__(self) -> str:
        return self.label or self.object_id

    def get_absolute_url(self) -> str:
        return reverse("admin:webhooks_subscription_change", args=[self.pk])

    @property
    def path(self) -> str:
        """The path of the address that Kaizala calls; it holds a secret."""
        path: str = reverse("webhook", args=[self.pk, self.path_token])
        return path

    @property
    def callback_url(self) -> str:
        """The address that Kaizala calls; it holds a secret."""
        home: str = settings.KAIZALA_PUBLIC_URL
        return home.rstrip("/") + self.path

    def keep_digests(self) -> None:
        """After a change of tokens, before the row is saved."""
        self.path_digest, self.callback_digest = digest_of(self.path_token), digest_of(self.callback_token)


LIVING = Q(state__in=["registering", "active", "disabled", "refused"])


class SubscriptionCall(OutboxRow):
    """One call that makes Kaizala's side of a subscription true (operations 26 to 28, and the update)."""

    class Verb(models.TextChoices):
        SUBSCRIBE = "subscribe", _("Subscribe")
        UPDATE = "update", _("Change")
        UNSUBSCRIBE = "unsubscribe", _("End")
        COMPARE = "compare", _("Compare")

    # A second webhook of ours at the same object is found by the next comparison, and ended.
    repeatable: ClassVar[bool] = True

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="calls", verbose_name=_("subscription")
    )
    verb = models.CharField(_("what"), max_length=12, choices=Verb)
    changes = models.JSONField(default=list)  # of UPDATE: which fields Kaizala has to be told
    remote_id = models.CharField(max_length=120, blank=True)  # which webhook; "" is the subscription's own

    class Meta(OutboxRow.Meta):
        verbose_name = _("subscription call")
        verbose_name_plural = _("subscription calls")
        indexes = [
            *OutboxRow.Meta.indexes,
            models.Index(fields=["subscription", "-id"], name="subscriptioncall_latest"),
        ]

    def perform(self, client: KaizalaClient) -> Any:
        from . import calling

        return calling.perform(self, client)

    def record(self, result: Any) -> bool:
        from . import calling

        calling.record(self, result)
        return True

    def state_changed(self, state: State) -> None:
        from . import calling

        calling.went_wrong(self, state)

    def title(self) -> str:
        what = {"verb": self.get_verb_display(), "about": self.subscription}
        return gettext("%(verb)s: events about %(about)s") % what

    def __str__(self) -> str:
        return f"{self.get_verb_display()} #{self.pk}"


class Event(models.Model):
    """One delivery of Kaizala to us, stored raw before anybody reads it (reliability 1.11).

    `digest` stands for the raw bytes: the same delivery again is not stored again. `content_key` stands for
    what it says, whatever its event ID; it is "" until the event was worked on.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        DUPLICATE = "duplicate", _("Came before")
        KEPT = "kept", _("Kept; nothing here uses it")
        PARKED = "parked", _("Cannot be read")
        FAILED = "failed", _("Failed")

    subscription = models.ForeignKey(
        Subscription,
        models.CASCADE,
        related_name="events",
        db_index=False,
        verbose_name=_("subscription"),
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    digest = models.UUIDField(default=uuid.uuid4)
    body = models.BinaryField()
    size = models.PositiveIntegerField(_("bytes"), default=0)
    event_type = models.CharField(_("event"), max_length=60, blank=True)
    content_key = models.CharField(max_length=32, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    worked_at = models.DateTimeField(_("worked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["subscription", "digest"], name="event_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="event_waiting"),
            models.Index(fields=["state", "-id"], name="event_state"),
            models.Index(fields=["subscription", "-id"], name="event_subscription"),
            models.Index(fields=["event_type", "-id"], condition=~Q(event_type=""), name="event_type"),
            models.Index(fields=["content_key"], condition=~Q(content_key=""), name="event_content"),
            models.Index(fields=["received_at"], name="event_received"),
        ]

    def __str__(self) -> str:
        return self.event_type or gettext("Event %(number)s") % {"number": self.pk}

"""Tenants, connectors, grants; the budgets' state, leases, and the API call log."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import EncryptedTextField


class Tenant(models.Model):
    """An organisation. Its budget is shared by all its connectors (contract 1.7)."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    calls_per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        default=300,
        validators=[MinValueValidator(1)],
        help_text=_("Kaizala allows 300."),
    )
    default_region = models.CharField(
        _("default country"),
        max_length=2,
        default="IN",
        help_text=_("Two letters. Phone numbers that are typed without a country code belong here."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    many_people = models.PositiveIntegerField(
        _("many people"),
        default=1000,
        help_text=_("A send to more people than this needs a second person. 0: nobody is asked."),
    )
    growth_percent = models.PositiveIntegerField(
        _("growth allowed"),
        default=10,
        help_text=_(
            "Per cent. An approved schedule asks again when it would go to so many more people than then."
        ),
    )
    quiet_from = models.TimeField(
        _("quiet from"), null=True, blank=True, help_text=_("Nothing is sent in the quiet hours.")
    )
    quiet_until = models.TimeField(
        _("quiet until"), null=True, blank=True, help_text=_("On the clocks of the tenant's time zone.")
    )
    pause_after_failures = models.PositiveIntegerField(
        _("pause after failures"),
        default=20,
        help_text=_(
            "A broadcast is paused by itself when so many of its calls fail or are in doubt within five "
            "minutes. 0 turns this off."
        ),
    )

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Connector(models.Model):
    """Our registration with Kaizala (contract 3.1). `api_root` alone says whether it is the sandbox."""

    class Health(models.TextChoices):
        WORKING = "working", _("Working")
        NEEDS_ATTENTION = "needs_attention", _("Needs attention")

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="connectors", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=200)
    api_root = models.URLField(_("API root"), help_text=_("For example https://api.kaiza.la"))
    application_id = models.CharField(_("application ID"), max_length=128)
    application_secret = EncryptedTextField(_("application secret"))
    calls_per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        default=100,
        validators=[MinValueValidator(1)],
        help_text=_("Kaizala allows 100."),
    )
    batch_size = models.PositiveSmallIntegerField(
        _("subscribers in one call"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("At most 100. If the answer to a call is lost, this many people are in doubt."),
    )
    sync_every = models.PositiveIntegerField(
        _("sync every (minutes)"), default=360, help_text=_("0 turns the schedule off.")
    )
    next_sync_at = models.DateTimeField(_("next sync"), null=True, blank=True)
    health = models.CharField(_("health"), max_length=20, choices=Health, default=Health.WORKING)
    health_reason = models.CharField(_("why"), max_length=500, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    allowed_hosts = models.CharField(
        _("other hosts"),
        max_length=500,
        blank=True,
        help_text=_(
            "Hosts that Kaizala may move this connector to, besides its own; with spaces between them."
        ),
    )

    class Meta:
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        ordering = ["tenant__name", "name"]
        permissions = [("test_connector", _("Can test connectors and get tokens for them"))]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="connector_name_in_tenant")]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """A refresh token under a connector, and the access token that it last bought (contract 3.2, 3.3)."""

    class Kind(models.TextChoices):
        TENANT = "tenant", _("Whole organisation")
        USER = "user", _("One user")
        GROUP = "group", _("One group")

    class State(models.TextChoices):
        WORKING = "working", _("Working")
        REVOKED = "revoked", _("Refused by Kaizala")

    connector = models.ForeignKey(
        Connector, models.CASCADE, related_name="grants", verbose_name=_("connector")
    )
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("reaches"), max_length=10, choices=Kind, default=Kind.USER)
    mobile_number = models.CharField(_("mobile number"), max_length=20, blank=True)
    refresh_token = EncryptedTextField(_("refresh token"))
    previous_refresh_token = EncryptedTextField(_("previous refresh token"), blank=True, default="")
    refresh_expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    access_token = EncryptedTextField(_("access token"), blank=True, default="")
    access_expires_at = models.DateTimeField(_("access expires"), null=True, blank=True)
    endpoint_url = models.URLField(_("endpoint"), blank=True)
    scope = models.TextField(_("scope"), blank=True)
    refreshed_at = models.DateTimeField(_("last refreshed"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WORKING)
    state_reason = models.CharField(_("why"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=0)  # grows with each change of tokens; guards a late writer

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        ordering = ["connector__name", "name"]

    def __str__(self) -> str:
        return f"{self.connector.name} / {self.name}"


class Bucket(models.Model):
    """What the limiter remembers of one budget; apart from its owner, so that editing that loses nothing.

    `key` is "tenant:<id>" or "connector:<id>"; the times are seconds since the epoch on the database's clock.
    """

    key = models.CharField(max_length=40, primary_key=True)
    next_at = models.FloatField(default=0)
    paused_until = models.FloatField(default=0)
    slowed_until = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.key


class Lease(models.Model):
    """Who may do a thing that only one process may do at a time. `fence` grows with each owner."""

    name = models.CharField(max_length=120, primary_key=True)
    owner = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """One row a long-running process: when it last did something (reliability 1.2)."""

    name = models.CharField(max_length=120, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Instance(models.Model):
    """The one row that says which console this database serves; see `instance`."""

    identity = models.CharField(max_length=200, blank=True)  # "": nobody's, after hold_sending
    held_since = models.DateTimeField(_("held since"), null=True, blank=True)

    class Meta:
        verbose_name = _("console")
        verbose_name_plural = _("consoles")
        default_permissions = ()
        permissions = [("take_over", "Can let a restored console go on sending")]

    def __str__(self) -> str:
        return str(_("This console"))


class ApiCall(models.Model):
    """One exchange with Kaizala, redacted, kept for KAIZALA_API_LOG_DAYS."""

    connector = models.ForeignKey(Connector, models.CASCADE, related_name="+", verbose_name=_("connector"))
    grant = models.ForeignKey(Grant, models.SET_NULL, null=True, related_name="+", verbose_name=_("grant"))
    at = models.DateTimeField(_("at"))
    operation = models.CharField(_("operation"), max_length=40)
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=500)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    ms = models.PositiveIntegerField(_("milliseconds"))
    error = models.CharField(_("error"), max_length=40, blank=True)
    request = models.TextField(_("request"), blank=True)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("API call")
        verbose_name_plural = _("API calls")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["connector", "-at"], name="apicall_connector_at"),
            models.Index(fields=["-at"], name="apicall_at"),
            models.Index(fields=["error", "-at"], name="apicall_error_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

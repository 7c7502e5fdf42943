"""What was counted: who came and went, day by day; and people counted once, branch by branch."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from kaizala_admin.connectors.models import Tenant


class Moves(models.Model):
    """Who came and went on one day in the console's time zone."""

    day = models.DateField(_("day"))
    members_joined = models.PositiveIntegerField(_("members joined"), default=0)
    members_left = models.PositiveIntegerField(_("members left"), default=0)
    subscribers_joined = models.PositiveIntegerField(_("subscribers joined"), default=0)
    subscribers_left = models.PositiveIntegerField(_("subscribers left"), default=0)

    class Meta:
        abstract = True


FIELDS = ("members_joined", "members_left", "subscribers_joined", "subscribers_left")


class DailyTotal(Moves):
    """Of one group. Whoever was there at its first sync did not join."""

    group = models.ForeignKey(
        Group, models.CASCADE, related_name="+", verbose_name=_("group"), db_index=False
    )

    class Meta:
        verbose_name = _("daily total")
        verbose_name_plural = _("daily totals")
        constraints = [models.UniqueConstraint(fields=["group", "day"], name="total_once_a_day")]
        indexes = [models.Index(fields=["day"], name="total_day")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.day}"


class Return(Moves):
    """People of one group who came back together: the day when they had left, or the day of their return.

    A person's own row tells neither: it tells when somebody came first, and when who is gone now left.
    """

    group = models.ForeignKey(
        Group, models.CASCADE, related_name="+", verbose_name=_("group"), db_index=False
    )

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        indexes = [
            models.Index(fields=["day"], name="return_day"),
            models.Index(fields=["group"], name="return_group"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.day}"


class TenantTotal(Moves):
    """Of all groups of a tenant: sums of the daily totals, which make a year quick to read."""

    tenant = models.ForeignKey(
        Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"), db_index=False
    )

    class Meta:
        verbose_name = _("daily total of a tenant")
        verbose_name_plural = _("daily totals of tenants")
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="tenant_total_once_a_day")]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.day}"


class Headcount(models.Model):
    """People of a branch (a group and all below it), or of a whole tenant, each counted once."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", verbose_name=_("tenant"))
    group = models.ForeignKey(
        Group, models.CASCADE, null=True, related_name="+", verbose_name=_("branch"), db_index=False
    )
    groups = models.PositiveIntegerField(_("groups"), default=0)
    people = models.PositiveIntegerField(_("people"), default=0)
    registered = models.PositiveIntegerField(_("registered"), default=0)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("headcount")
        verbose_name_plural = _("headcounts")
        constraints = [
            models.UniqueConstraint(fields=["group"], name="headcount_of_branch"),
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(group__isnull=True), name="headcount_of_tenant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group or self.tenant}: {self.people}"

    @property
    def unregistered(self) -> int:
        return self.people - self.registered

    @property
    def share(self) -> str:
        """Of the people who are registered, "93 %"; rounded down, so that 100 % is everybody."""
        return share(self.registered, self.people)


def share(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "–"

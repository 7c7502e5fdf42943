"""No table of our own: a second name for permission groups, because "group" means something else here."""

from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _


class Role(Group):
    """What a person may do: viewer, operator, approver, administrator, or a role of your own."""

    class Meta:
        proxy = True
        verbose_name = _("role")
        verbose_name_plural = _("roles")

from django.apps import AppConfig
from django.contrib.auth.apps import AuthConfig
from django.utils.translation import gettext_lazy as _


class LookConfig(AppConfig):
    name = "kaizala_admin.ui"
    label = "ui"
    verbose_name = _("People who work here")
    default = True


class AccountsConfig(AuthConfig):
    """Django's accounts under a name that people understand."""

    verbose_name = _("People who work here")
    default = False

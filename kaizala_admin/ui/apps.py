from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LookConfig(AppConfig):
    name = "kaizala_admin.ui"
    label = "ui"
    verbose_name = _("Look")

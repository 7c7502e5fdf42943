from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class LookConfig(AppConfig):
    name = "kaizala_admin.ui"
    label = "ui"
    verbose_name = _("People who work here")

    def ready(self) -> None:
        """Django's accounts stand on the same pages, so they go by the same name."""
        from .headings import draw_once

        apps.get_app_config("auth").verbose_name = self.verbose_name
        draw_once()

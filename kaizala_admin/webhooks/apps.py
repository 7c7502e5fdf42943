from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "kaizala_admin.webhooks"
    label = "webhooks"
    verbose_name = _("Service")

    def ready(self) -> None:
        from . import archiving, checks  # noqa: F401

        archiving.register()

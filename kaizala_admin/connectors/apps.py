from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectorsConfig(AppConfig):
    name = "kaizala_admin.connectors"
    label = "connectors"
    verbose_name = _("Service")

    def ready(self) -> None:
        """Logging first: what is said from here on is redacted."""
        from kaizala_admin import logs

        logs.configure()
        from . import checks  # noqa: F401
        from .audit import register
        from .standing_still import limit_each_connection

        register()
        limit_each_connection()

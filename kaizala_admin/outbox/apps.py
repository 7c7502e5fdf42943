from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "kaizala_admin.outbox"
    label = "outbox"
    verbose_name = _("Service")

    def ready(self) -> None:
        """Tasks of any process go to our broker, not to Celery's default one. Rows can be exported."""
        import kaizala_admin.celery  # noqa: F401

        from . import archiving, exporting

        exporting.register_attempts()
        archiving.register()

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "kaizala_admin.outbox"
    label = "outbox"
    verbose_name = _("Service")

    def ready(self) -> None:
        """Tasks that any process rings go to our broker, not to Celery's default one."""
        import kaizala_admin.celery  # noqa: F401

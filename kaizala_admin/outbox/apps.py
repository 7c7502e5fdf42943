from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "kaizala_admin.outbox"
    label = "outbox"
    verbose_name = _("Service")

    def ready(self) -> None:
        """Tasks of any process go to our broker, not to Celery's default one. Rows can be exported."""
        import kaizala_admin.celery  # noqa: F401
        from kaizala_admin.exports.archive import restoring

        from . import exporting

        exporting.register_attempts()
        restoring.after_restore(exporting.hold_restored)

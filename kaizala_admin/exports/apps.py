from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    name = "kaizala_admin.exports"
    label = "exports"
    verbose_name = _("Exports")

    def ready(self) -> None:
        from .archive import registering

        registering.register_all()

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    label = "surveys"
    verbose_name = _("Answers")

    def ready(self) -> None:
        from . import archiving, elsewhere, events, exporting, subscribing  # noqa: F401

        elsewhere.register()
        exporting.register()
        subscribing.register()
        archiving.register()

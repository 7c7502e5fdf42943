from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    label = "surveys"
    verbose_name = _("Answers")

    def ready(self) -> None:
        from messaging.media import services as library

        from . import archiving, calls, elsewhere, events, exporting, subscribing  # noqa: F401

        elsewhere.register()
        exporting.register()
        subscribing.register()
        archiving.register()
        library.also_used(calls.needed)

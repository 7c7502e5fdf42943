from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    label = "groups"
    verbose_name = _("People")

    def ready(self) -> None:
        from . import archiving, events, exporting, subscribing  # noqa: F401
        from .figures import branches, unregistered
        from .imports import outcomes
        from .views import group_tabs, person

        outcomes.register()
        group_tabs.register_all()
        person.register_sections()
        subscribing.register()
        exporting.register_all()
        branches.register()
        unregistered.register()
        archiving.register()

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    label = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from kaizala_admin.ui import navigation

        from . import archiving, exporting, group_tab, person_section
        from .evidence import echoes  # noqa: F401
        from .services import approving

        group_tab.register_tab()
        exporting.register_all()
        person_section.register_section()
        archiving.register()
        navigation.mark("admin:messaging_broadcast_waiting", approving.count_for)

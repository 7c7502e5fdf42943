from django.apps import AppConfig


class LineConfig(AppConfig):
    name = "tests.outbox.line"
    label = "line"
    default_auto_field = "django.db.models.BigAutoField"

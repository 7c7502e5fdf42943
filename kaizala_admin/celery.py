"""The Celery application. Tasks are nudges: they take ids and call services (design, section 3)."""

import os

from celery import Celery

from kaizala_admin import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaizala_admin.settings")

broker.install()
app = Celery("kaizala_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

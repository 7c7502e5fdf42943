"""The Celery application. Tasks are nudges: they take ids and call services (design, section 3)."""

import gc
import os

from celery import Celery
from celery.signals import worker_ready

from kaizala_admin import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaizala_admin.settings")

broker.install()
app = Celery("kaizala_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def keep_what_start_up_made(**_kwargs: object) -> None:
    """It stays as long as the worker: the collector need not look through it again and again (ADR 9)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

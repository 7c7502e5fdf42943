"""A broker that gives a task to the next worker after two seconds without an acknowledgement (F8)."""

import os
from pathlib import Path
from typing import Any

from celery.signals import task_prerun

from kaizala_admin.settings import *  # noqa: F403
from kaizala_admin.settings import CELERY_BROKER_TRANSPORT_OPTIONS as USUAL

CELERY_BROKER_TRANSPORT_OPTIONS = {**USUAL, "visibility_timeout": 2, "unacked_restore_interval": 1}
CELERY_VISIBILITY_TIMEOUT = 2
SILENCED_SYSTEM_CHECKS = ["connectors.E006"]  # which says, rightly, that this does work twice


@task_prerun.connect
def note(task_id: str, task: Any, **_: object) -> None:
    """For the test, which wants to see that tasks did come again."""
    with Path(os.environ["KAIZALA_TASKS_STARTED"]).open("a") as file:
        file.write(f"{task.name} {task_id}\n")

"""Tasks have explicit names and time limits, and beat calls none that does not exist."""

import re

from kaizala_admin import settings as house
from kaizala_admin.celery import app

OURS = ("kaizala_admin", "groups", "messaging", "surveys")


def tasks() -> dict[str, object]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if task.__module__.split(".")[0] in OURS}


def test_every_task_has_a_name_of_its_own() -> None:
    named_by_module = [name for name, task in tasks().items() if name.startswith(task.__module__)]
    assert named_by_module == []
    assert [name for name in tasks() if not re.fullmatch(r"[a-z]+\.[a-z_]+", name)] == []


def test_every_task_has_time_limits() -> None:
    unlimited = [
        name
        for name, task in tasks().items()
        if not getattr(task, "time_limit", None) or not getattr(task, "soft_time_limit", None)
    ]
    assert unlimited == []


def test_beat_only_calls_tasks_that_exist() -> None:
    called = {entry["task"] for entry in house.CELERY_BEAT_SCHEDULE.values()}
    assert called - set(tasks()) == set()
    assert called != set()


def test_a_beat_message_nobody_takes_expires_before_the_next_one() -> None:
    for entry in house.CELERY_BEAT_SCHEDULE.values():
        assert entry["options"]["expires"] <= entry["schedule"]

"""Notes every query of a process in a file: `benchmarks.counted_settings` installs it."""

import os
import time
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class Counting(AppConfig):
    name = "benchmarks"
    label = "benchmarks"

    def ready(self) -> None:
        connection_created.connect(_listen)


def _listen(connection: Any, **_: Any) -> None:
    if _note not in connection.execute_wrappers:  # told again whenever the connection is opened anew
        connection.execute_wrappers.append(_note)


def _note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    folder = os.environ["KAIZALA_QUERIES"]
    with open(f"{folder}/{os.getpid()}.queries", "a") as file:
        file.write(f"{time.time():.3f}\t{' '.join(sql.split())}\n")
    return execute(sql, params, many, context)

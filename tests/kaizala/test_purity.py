"""The client is a library of its own."""

from __future__ import annotations

import subprocess
import sys

CHECK = """
import sys
import kaizala_admin.kaizala
loaded = {name.split(".")[0] for name in sys.modules}
print(sorted(loaded & {"django", "celery", "kombu", "environ", "unfold"}))
"""


def test_importing_the_client_loads_neither_django_nor_celery() -> None:
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

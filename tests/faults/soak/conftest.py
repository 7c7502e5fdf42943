"""The whole house for as long as somebody asks: `bin/test --soak MINUTES`."""

import os

from tests.faults.running.conftest import house, running_house

__all__ = ["house", "running_house"]

collect_ignore = [] if os.environ.get("KAIZALA_SOAK_MINUTES") else ["test_soak.py"]

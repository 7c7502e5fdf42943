"""The product's settings under keys of the tests' own, so that `pytest` and `mypy` need no environment."""

import os

os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only-a-key-for-tests-only-a-key-for-tests-only")
os.environ.setdefault("KAIZALA_FIELD_KEYS", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
os.environ.setdefault("KAIZALA_INSECURE_LOCAL", "1")

from kaizala_admin.settings import *  # noqa: F403

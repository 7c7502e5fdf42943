"""The product's settings plus the tests' own row classes, for worker and dispatcher processes."""

from kaizala_admin.settings import *  # noqa: F403
from kaizala_admin.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.outbox.line"]

"""The product's settings, with every query noted."""

from kaizala_admin.settings import *  # noqa: F403
from kaizala_admin.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.counting.Counting"]

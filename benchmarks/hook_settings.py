"""The console's settings, with a view that only answers beside its addresses."""

from tests.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.hook_urls"

"""The admin's rooms for surveys, polls, jobs, responses and the rows that call Kaizala for them."""

from . import actions, responses, rows

__all__ = ["actions", "responses", "rows"]

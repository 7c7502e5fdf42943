"""What people and the rooms above do with connectors and grants."""

from .health import mark_attention, mark_working

__all__ = ["mark_attention", "mark_working"]

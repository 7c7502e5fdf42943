"""Jobs (contract 9)."""

from __future__ import annotations

from dataclasses import dataclass

from kaizala_admin.kaizala.limits import require_count, require_phones, require_text

from .base import Json


@dataclass(frozen=True)
class Job:
    """Something to do for the people named by their phone numbers, due in `due_in_hours`."""

    title: str
    assigned_to: tuple[str, ...]
    due_in_hours: int = 24

    def __post_init__(self) -> None:
        require_text(self.title, "title")
        object.__setattr__(self, "assigned_to", require_phones(self.assigned_to, "assigned_to"))
        require_count(self.due_in_hours, "due_in_hours")

    def envelope(self) -> Json:
        body: Json = {
            "title": self.title,
            "assignedTo": list(self.assigned_to),
            "dueDate": self.due_in_hours,
        }
        return {"actionType": "Job", "actionBody": body}

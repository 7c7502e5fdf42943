"""What staff say of a response: open, checked, problem; with a note."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from kaizala_admin.connectors import clock
from messaging import trail
from surveys.models import Response, Review


def review(*, response: Response, state: str, note: str, by: AbstractBaseUser | None) -> Review:
    """Sets state and note. The last word holds; there is one review a response."""
    who: Any = by
    said = {"state": Review.State(state), "note": note.strip(), "by": who, "at": clock.now()}
    with transaction.atomic():
        row, _made = Review.objects.update_or_create(response=response, defaults=said)
        trail.note(response, by, "review", after=row.state)
    return row

"""Finding responses by who answered, or by what stands in an answer."""

import json

from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from groups import search
from surveys.models import Response


def responses(rows: QuerySet[Response], text: str) -> QuerySet[Response]:
    """By a number from its start in any spelling, by a part of the name, or by words of any answer."""
    text = text.strip()
    if not text:
        return rows
    wanted = Q(responder_name__icontains=text) | _in_answers(text)
    if any(letter.isdecimal() for letter in text):
        for start in search.number_starts(text):
            wanted |= Q(responder_number__startswith=start)
    return rows.annotate(told=Cast("answers", TextField())).filter(wanted)


def _in_answers(text: str) -> Q:
    """SQLite keeps JSON as it was written, with every foreign letter escaped; PostgreSQL does not."""
    quoted = json.dumps(text, ensure_ascii=connection.vendor == "sqlite")[1:-1]
    return Q(told__icontains=quoted)

"""The totals behind the charts: changed by what a batch changed, or counted afresh."""

from collections import Counter
from collections.abc import Sequence

from django.db import connection

from groups.sync.diff import chunks
from surveys import counting
from surveys.models import ActionInstance, Response, Tally

ROWS = 150  # of one statement; SQLite takes 999 parameters in its oldest form
_SQL = (
    "INSERT INTO surveys_tally (instance_id, place, key, number, count) VALUES {rows} "
    "ON CONFLICT (instance_id, place, key) DO UPDATE SET count = surveys_tally.count + excluded.count"
)


def apply(instance_id: int, totals: Counter[counting.Key]) -> None:
    """Adds to the totals, in a steady order, in one statement for 150 of them."""
    changes = sorted([(place, key, number, n) for (place, key, number), n in totals.items() if n], key=_order)
    with connection.cursor() as cursor:
        for some in chunks(changes, ROWS):
            rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(some))
            cursor.execute(
                _SQL.format(rows=rows), [value for change in some for value in (instance_id, *change)]
            )


def _order(change: tuple[int, str, float | None, int]) -> tuple[int, str]:
    return change[0], change[1]


def recount(instance: ActionInstance, questions: Sequence[tuple[int, str]]) -> None:
    """Counts an instance's responses from the beginning. Call it under the instance's lock."""
    totals: Counter[counting.Key] = Counter()
    rows = Response.objects.filter(instance=instance).values_list("answers", "answered_at")
    for answers, answered_at in rows.iterator(chunk_size=2_000):
        counting.add(totals, counting.of_response(questions, answers, answered_at), 1)
    Tally.objects.filter(instance=instance).delete()
    apply(instance.pk, totals)

"""The results page: 20 questions, many responses against few, and against SQL that counts them."""

import statistics
import time
from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from benchmarks.ground import Ground, empty_tables
from benchmarks.measure import Line, milliseconds, times
from benchmarks.pages import PLAIN, analyse, someone
from benchmarks.pages import _open as open_page
from benchmarks.survey import fill
from surveys.models import Action, Question

QUESTIONS = 20
ROUNDS = 5


def measure(ground: Ground) -> Iterator[Line]:
    """Two surveys in one database; each page is opened in turn with the bare SQL."""
    full = ground.size.is_full
    many, few = (200_000, 200) if full else (400, 40)
    ground.rest()
    empty_tables()
    small, _rate = fill("Few", QUESTIONS, few)
    large, rate = fill("Many", QUESTIONS, many)
    analyse()
    yield Line(f"{many:,} responses written, history and totals kept", f"{rate:,.0f} /s", "", "")
    rounds = ROUNDS if full else 1
    with override_settings(**PLAIN):
        client = someone()
        pages = {action.pk: f"{action.get_absolute_url()}?tab=results" for action in (small, large)}
        filtered = f"{pages[large.pk]}&answer=q0%3DGood"
        taken: dict[str, list[float]] = {"few": [], "many": [], "sql": [], "filtered": []}
        for _round in range(rounds):
            before, queries_before = _open(client, pages[small.pk])
            after, queries_after = _open(client, pages[large.pk])
            taken["few"].append(before)
            taken["many"].append(after)
            taken["sql"].append(_bare(large))
            taken["filtered"].append(open_page(client, filtered)[0])
    few_seconds, seconds, bare, some = (statistics.median(one) for one in taken.values())
    yield _line(f"the page, against SQL that counts {many:,}", seconds, bare, 2, full)
    same = queries_before == queries_after
    what = f"the page, {queries_before} and {queries_after} queries, against {few}"
    yield _line(what, seconds, few_seconds, 3, full, also=same)
    what = "the page filtered by an answer, which a fifth gave, against the same SQL over all"
    yield Line(what, milliseconds(some), milliseconds(bare), times(some / bare))


def _line(what: str, figure: float, floor: float, most: int, full: bool, also: bool = True) -> Line:
    met = (figure <= most * floor and also) if full else None
    bar = f"at most {most} times"
    return Line(what, milliseconds(figure), milliseconds(floor), times(figure / floor), bar, met)


def _open(client: Client, path: str) -> tuple[float, int]:
    open_page(client, path)
    return open_page(client, path)


def _bare(action: Action) -> float:
    """Counts each question's answers in SQL, as the page would have to without kept totals."""
    asked = list(Question.objects.filter(action=action).values_list("index", "type"))
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for index, kind in asked:
            cursor.execute(_sql(kind), [f"q{index}", action.pk])
            cursor.fetchall()
    return time.perf_counter() - begun


def _sql(kind: str) -> str:
    where, value = "surveys_response", "answers ->> %s"
    if connection.vendor == "sqlite":
        value = "JSON_EXTRACT(answers, '$.' || %s)"
    elif kind == "MultiOption":
        where, value = f"{where}, jsonb_array_elements_text(answers -> %s) AS one", "one"
    elif kind == "Text":
        where = f"{where}, regexp_split_to_table(lower(answers ->> %s), '\\W+') AS one"
        value = "one"
    most = "ORDER BY 2 DESC LIMIT 300"
    return f"SELECT {value}, COUNT(*) FROM {where} WHERE action_id = %s GROUP BY 1 {most}"

"""Results are what a plain recomputation over the raw answers gives, for any survey."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from surveys import counting, values
from surveys.models import Action, ActionInstance, Question, Response
from surveys.models.responses import Source
from surveys.results import afresh, comparing, crosstab, filters, mapping, page
from surveys.results.questions import Spot, median, result
from surveys.sync.heard import Heard
from surveys.sync.writing import lock, write

START = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
TITLES = ["Good", "Poor", "5", "true", "null", "[1]", '"', "ठीक है", "x" * 300]
pytestmark = pytest.mark.django_db

ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "SingleOption": st.sampled_from(TITLES),
    "MultiOption": st.lists(st.sampled_from(TITLES), min_size=1, max_size=4, unique=True),
    "Numeric": st.one_of(st.integers(-50, 50), st.floats(-1e6, 1e6, allow_nan=False)),
    "DateTime": st.integers(0, 4_000).map(lambda days: (START + timedelta(days=days)).isoformat()),
    "Location": st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(
        lambda at: {"lt": at[0], "lg": at[1]}
    ),
    "Text": st.text(max_size=40),
    "Image": st.just([{"mediaUrl": "https://example.org/1.jpg", "mediaFileName": "1.jpg"}]),
    "PhoneNumber": st.just({"cc": "91", "pn": "9812345678"}),
    "Unheard": st.text(max_size=20),
}


@st.composite
def surveys(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    """Question types, and for each of two groups' people one answer (or None) a question."""
    kinds = draw(st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=5))
    person = st.tuples(*(st.none() | ANSWERS[kind] for kind in kinds)).map(list)
    return kinds, draw(st.lists(person, max_size=12))


def make(kinds: list[str], people: list[list[Any]]) -> tuple[Action, list[Question], list[ActionInstance]]:
    """A survey in two groups; people answer in turns, and everybody first said something else."""
    tenant = Tenant.objects.create(name="Harvest")
    action = Action.objects.create(tenant=tenant, kind="Survey", title="Any", sent_at=START)
    options = {"SingleOption": TITLES[:4], "MultiOption": TITLES[:4]}
    rows = [
        Question(action=action, index=at, title=f"Q{at}", type=k, options=options.get(k, []))
        for at, k in enumerate(kinds)
    ]
    Question.objects.bulk_create(rows)
    instances = []
    for at in range(2):
        group = Group.objects.create(tenant=tenant, group_id=f"g{at}", name=f"G{at}", first_seen_at=START)
        more = {"kaizala_id": f"a{at}", "sent_at": START, "first_seen_at": START, "reached": 20}
        instances.append(ActionInstance.objects.create(action=action, group=group, **more))
    asked = [(row.index, row.type) for row in rows]
    for at, instance in enumerate(instances):
        mine = people[at::2]
        first = [heard(kinds, [None] * len(kinds), n, 0) for n in range(len(mine))]
        last = [heard(kinds, answers, n, 60 * n + 1) for n, answers in enumerate(mine)]
        with transaction.atomic():
            write(lock(instance.pk), asked, [*first, *last], START)
    return action, page.questions_of(action), instances


def heard(kinds: list[str], answers: list[Any], person: int, minute: int) -> Heard:
    told = {
        f"q{at}": value
        for at, (kind, raw) in enumerate(zip(kinds, answers, strict=True))
        if (value := values.clean(kind, raw)) is not None
    }
    at = START + timedelta(minutes=minute, microseconds=1)
    return Heard(
        f"r:{person}", str(person), f"+91{person}", "", "", at, bool(minute), None, told, Source.EVENT
    )


ANY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@ANY
@given(surveys())
def test_kept_totals_equal_those_counted_afresh(db: None, survey: tuple[list[str], list[list[Any]]]) -> None:
    with transaction.atomic():
        action, questions, instances = make(*survey)
        for chosen in (filters.Filter(), filters.Filter(instances=(instances[0].pk,))):
            kept = filters.result(action, questions, chosen)
            assert kept == afresh.counted(filters.responses(action, chosen), questions)
        assert kept.version == afresh.counted(filters.responses(action, chosen), questions).version
        transaction.set_rollback(True)


@ANY
@given(surveys())
def test_each_result_equals_a_plain_recomputation(
    db: None, survey: tuple[list[str], list[list[Any]]]
) -> None:
    kinds, people = survey
    with transaction.atomic():
        action, questions, _instances = make(kinds, people)
        built = page.build(action, questions, filters.Filter())
        transaction.set_rollback(True)
    assert built.totals.responses == len(people)
    for at, (kind, shown) in enumerate(zip(kinds, built.shown, strict=True)):
        told = [v for person in people if (v := values.clean(kind, person[at])) is not None]
        assert shown.result.answered == len(told)
        if kind in ("SingleOption", "MultiOption"):
            plain = Counter(one for value in told for one in (value if isinstance(value, list) else [value]))
            drawn = {bar.label: bar.count for bar in shown.result.bars if bar.count}
            assert sorted(drawn.values()) == sorted(plain.values())
            assert {label for label in drawn if len(label) < 100} == {one for one in plain if len(one) < 100}
        if kind == "Numeric" and told:
            figures = shown.result.figures
            assert figures["mean"] == pytest.approx(statistics.fmean(told), rel=1e-12, abs=1e-9)
            assert figures["median"] == pytest.approx(statistics.median(told), rel=1e-12)
            assert (figures["low"], figures["high"]) == (min(told), max(told))
        if kind in ("Numeric", "DateTime"):
            assert sum(bar.count for bar in shown.result.bars) == len(told)
        if kind == "Location":
            assert sum(spot.count for spot in shown.result.spots) == len(told)


@ANY
@given(
    st.lists(
        st.tuples(st.none() | ANSWERS["SingleOption"], st.none() | ANSWERS["MultiOption"]).map(list),
        max_size=15,
    ),
    st.sampled_from(crosstab.BASES),
)
def test_a_cross_tab_equals_a_plain_recomputation(db: None, people: list[list[Any]], base: str) -> None:
    with transaction.atomic():
        action, (row, column), _instances = make(["SingleOption", "MultiOption"], people)
        table = crosstab.cross(
            crosstab.pairs(Response.objects.filter(action=action), row, column), row, column, base
        )
        transaction.set_rollback(True)
    both = [(one, other) for one, other in people if one is not None and other is not None]
    assert table.total == len(both)
    whole = {"row": Counter(one for one, _ in both), "column": Counter(x for _, other in both for x in other)}
    for label, cells, total in table.lines:
        for name, cell in zip(table.columns, cells, strict=True):
            if len(label) > 100 or len(name) > 100:
                continue
            count = sum(one == label and name in other for one, other in both)
            of = {"row": whole["row"][label], "column": whole["column"][name], "all": len(both)}[base]
            assert (cell.count, cell.share) == (count, 100 * count / of if of else 0.0)
            assert cell.small == (of < crosstab.SMALL)
        assert total == whole["row"][label] or len(label) > 100


@ANY
@given(
    surveys(),
    st.sampled_from(TITLES),
    st.sampled_from(["SingleOption", "MultiOption"]),
    st.booleans(),
    st.none() | st.integers(-1, 1),
    st.none() | st.integers(-1, 1),
)
def test_filtered_totals_equal_a_plain_recomputation(
    db: None,
    survey: tuple[list[str], list[list[Any]]],
    answer: str,
    kind: str,
    in_one_group: bool,
    since: int | None,
    until: int | None,
) -> None:
    """By group, by day and by an answer, each or at once; everybody has edited what they said first."""
    kinds, people = [kind, *survey[0]], [[[answer, "Good"], *one] for one in survey[1]]
    people[::3] = [[["Other"], *one[1:]] for one in people[::3]]
    people[1::3] = [[[answer], *one[1:]] for one in people[1::3]]
    first, last = (START.date() + timedelta(days=at) if at is not None else None for at in (since, until))
    with transaction.atomic():
        action, questions, instances = make(kinds, people)
        mine = (instances[0].pk,) if in_one_group else ()
        found = filters.result(action, questions, filters.Filter(mine, first, last, 0, answer))
        rows = list(Response.objects.filter(action=action))
        transaction.set_rollback(True)
    fitting = [
        row
        for row in rows
        if (not mine or row.instance_id in mine)
        and (first is None or day_of(row) >= first)
        and (last is None or day_of(row) <= last)
        and (answer in told if isinstance(told := row.answers.get("q0"), list) else answer == told)
    ]
    plain: Counter[counting.Key] = Counter()
    for row in fitting:
        plain.update(
            counting.of_response([(q.index, q.type) for q in questions], row.answers, row.answered_at)
        )
    assert found.responses == len(fitting)
    told = {(place, part.key): part.count for place, some in found.by_place.items() for part in some}
    assert told == {(place, key): n for (place, key, _number), n in plain.items()}


def day_of(row: Response) -> date:
    assert row.answered_at is not None
    return row.answered_at.date()


@ANY
@given(surveys())
def test_a_comparison_equals_a_plain_recomputation(
    db: None, survey: tuple[list[str], list[list[Any]]]
) -> None:
    kinds, people = survey
    with transaction.atomic():
        action, questions, instances = make(kinds, people)
        both = [filters.result(action, questions, filters.Filter((one.pk,))) for one in instances]
        found = [comparing.compare(question, both[0], both[1], ("A", "B")) for question in questions]
        transaction.set_rollback(True)
    for at, (kind, shown) in enumerate(zip(kinds, found, strict=True)):
        sides = [
            [v for one in people[side::2] if (v := values.clean(kind, one[at])) is not None]
            for side in (0, 1)
        ]
        assert [one.answered for one in shown.both] == [len(side) for side in sides]
        if kind in ("SingleOption", "MultiOption"):
            named = [side if kind == "SingleOption" else [x for v in side for x in v] for side in sides]
            plain = [Counter(map(counting.clip, side)) for side in named]
            drawn = {counting.clip(one.label): one for one in shown.pairs}
            assert set(plain[0] | plain[1]) <= set(drawn)
            for label, one in drawn.items():
                assert one.counts == (plain[0][label], plain[1][label])
                assert one.shares == tuple(
                    100 * side[label] / len(told) if told else 0.0
                    for side, told in zip(plain, sides, strict=True)
                )
                assert one.difference == one.shares[1] - one.shares[0]
        if shown.is_drawn:  # the distributions lie on one scale, and nobody is missing on it
            fitting = [sum(one.counts[side] for one in shown.pairs) for side in (0, 1)]
            assert fitting == [one.answered - one.wrong for one in shown.both]
        if kind == "Numeric" and all(sides):
            for side, told in zip(shown.both, sides, strict=True):
                assert side.figures["mean"] == pytest.approx(statistics.fmean(told), rel=1e-12, abs=1e-9)
                assert side.figures["median"] == pytest.approx(statistics.median(told), rel=1e-12)
        if not all(sides):
            assert shown.sentence == "One of the two has no answers to this question yet."


@settings(max_examples=200, deadline=None, database=None)
@given(st.text(alphabet="aZz09_'’-. \tÉक", max_size=30))
def test_a_text_without_accents_has_the_words_that_it_has_with_one(text: str) -> None:
    assert counting.words(text) == [word for word in counting.words(f"{text} ञञञ") if word != "ञञञ"]


def test_the_median_lies_between_the_two_in_the_middle() -> None:
    assert median([(1.0, 2), (5.0, 2)]) == 3.0
    assert median([(1.0, 1), (2.0, 1), (9.0, 3)]) == 9.0


def test_filters_by_day_group_and_answer_count_only_those(db: None) -> None:
    people: list[list[Any]] = [["Good", 1], ["Poor", 2], ["Good", 3], ["Good", None]]
    action, questions, instances = make(["SingleOption", "Numeric"], people)
    good = filters.result(action, questions, filters.Filter(place=0, answer="Good"))
    assert (good.responses, result(questions[1], good).figures["mean"]) == (3, 2.0)
    here = filters.result(
        action, questions, filters.Filter(instances=(instances[1].pk,), place=0, answer="Good")
    )
    assert here.responses == 1
    before = filters.result(action, questions, filters.Filter(until=(START - timedelta(days=1)).date()))
    assert before.responses == 0


def test_the_latest_texts_are_of_those_who_chose_just_this_option(db: None) -> None:
    people: list[list[Any]] = [["Good", "rain"], ["Not Good", "hail"], ["Good", "sun"]]
    action, questions, _instances = make(["SingleOption", "Text"], people)
    texts = page.build(action, questions, filters.Filter(place=0, answer="Good")).shown[1]
    assert {told for _response, told in texts.latest} == {"rain", "sun"}


def test_two_groups_are_compared_by_their_shares(db: None) -> None:
    people = [["Good"], ["Poor"], ["Good"], ["Good"]]
    action, questions, instances = make(["SingleOption"], people)
    both = [filters.result(action, questions, filters.Filter(instances=(one.pk,))) for one in instances]
    found = comparing.compare(questions[0], both[0], both[1], ("A", "B"))
    assert [(pair.label, pair.counts, pair.shares) for pair in found.pairs[:2]] == [
        ("Good", (2, 1), (100.0, 50.0)),
        ("Poor", (0, 1), (0.0, 50.0)),
    ]
    assert found.sentence == "They differ most in “Good”: by 50 percentage points."


def test_a_page_asks_as_often_with_forty_responses_as_with_two(db: None) -> None:
    kinds = ["SingleOption", "Numeric", "Text", "Location", "Image"]
    person: list[Any] = [
        "Good",
        4,
        "the rain came late",
        {"lt": 1, "lg": 2},
        [{"mediaUrl": "https://example.org/1"}],
    ]

    def asked(count: int) -> int:
        with transaction.atomic():
            action, questions, _instances = make(kinds, [person] * count)
            with CaptureQueriesContext(connection) as seen:
                page.build(action, questions, filters.Filter())
            transaction.set_rollback(True)
        return len(seen)

    assert asked(2) == asked(40)


def test_a_map_holds_every_spot() -> None:
    drawn = mapping.draw([Spot(18.5, 73.8, 5), Spot(-12.6, -38.9, 1), Spot(0.0, 34.7, 2)])
    assert drawn is not None
    for circle in drawn.circles:
        assert 0 <= float(circle.x) <= drawn.width
        assert 0 <= float(circle.y) <= drawn.height
    assert [circle.count for circle in drawn.circles] == [5, 2, 1]
    assert mapping.draw([]) is None

"""A survey with any number of questions and responses, written as a sync writes it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from django.db import transaction

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from surveys import values
from surveys.models import Action, ActionInstance, Question
from surveys.models.responses import Source
from surveys.sync.heard import Heard
from surveys.sync.writing import lock, write

START = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
KINDS = (
    "SingleOption",
    "MultiOption",
    "Numeric",
    "Text",
    "SingleOption",
    "DateTime",
    "Location",
    "SingleOption",
)
OPTIONS = ["Good", "Fair", "Poor", "Lost", "Do not know"]
WORDS = "rain seed water well market road price loan goat maize millet field school clinic early late dry"
AT_ONCE = 10_000


def fill(title: str, questions: int, responses: int) -> tuple[Action, float]:
    """The survey, and how many responses were written a second."""
    tenant, _made = Tenant.objects.get_or_create(name="Many")
    group = Group.objects.create(
        tenant=tenant, group_id=title, name=title, first_seen_at=START, member_count=responses * 2
    )
    action = Action.objects.create(tenant=tenant, kind="Survey", title=title, sent_at=START)
    instance = ActionInstance.objects.create(
        action=action,
        group=group,
        kaizala_id=title,
        sent_at=START,
        first_seen_at=START,
        reached=responses * 2,
        wants_fetch=False,
    )
    asked = [(at, KINDS[at % len(KINDS)]) for at in range(questions)]
    Question.objects.bulk_create(
        Question(action=action, index=at, title=f"Question {at}", type=kind, options=_options(kind))
        for at, kind in asked
    )
    begun = time.perf_counter()
    for first in range(0, responses, AT_ONCE):
        with transaction.atomic():
            some = _heard(asked, first, min(AT_ONCE, responses - first))
            write(lock(instance.pk), asked, some, START)
    return action, responses / (time.perf_counter() - begun)


def _options(kind: str) -> list[str]:
    return OPTIONS if kind in values.CHOICES else []


def _heard(asked: list[tuple[int, str]], first: int, count: int) -> Iterator[Heard]:
    chance = Random(first)
    for n in range(first, first + count):
        answers = {f"q{at}": _answer(kind, chance) for at, kind in asked}
        at = START + timedelta(seconds=n, microseconds=1)
        who = (f"r:{n}", f"response-{n}", f"+9198{n:08}", f"person-{n}", f"Person {n}")
        yield Heard(*who, at, False, None, answers, Source.SYNC)


def _answer(kind: str, chance: Random) -> object:
    match kind:
        case "SingleOption":
            return chance.choice(OPTIONS)
        case "MultiOption":
            return chance.sample(OPTIONS, 2)
        case "Numeric":
            return chance.randrange(200) / 2
        case "DateTime":
            return (START - timedelta(days=chance.randrange(90))).isoformat().replace("+00:00", "Z")
        case "Location":
            return {"lt": 18 + chance.randrange(40) / 100, "lg": 73 + chance.randrange(40) / 100, "n": "Pune"}
    return " ".join(chance.sample(WORDS.split(), 6))

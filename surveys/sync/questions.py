"""Questions: written once, never moved, so that answers keep their place; and answers matched to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaizala_admin.kaizala.results.actions import ReceivedAnswer
from kaizala_admin.kaizala.results.reading import listed, lowered, text, truth
from surveys import values
from surveys.models import Action, Question

MOST = 500  # questions of one action
ONE_QUESTION = (Action.Kind.POLL, Action.Kind.MEETING)

# Hidden rows that Kaizala appends to a response (contract 15); the third one's name is not recorded.
SYSTEM = ("Responder Location", "ResponseTime", "Responder Name")


@dataclass(frozen=True)
class Asked:
    """A question as it is stored, or about to be."""

    index: int
    title: str
    type: str
    options: tuple[str, ...] = ()
    is_hidden: bool = False

    @property
    def key(self) -> str:
        return f"q{self.index}"


def known(action: Action) -> list[Asked]:
    rows = Question.objects.filter(action=action).order_by("index")
    found = rows.values_list("index", "title", "type", "options", "is_hidden")
    return [
        Asked(index, title, kind, tuple(options), hidden) for index, title, kind, options, hidden in found
    ]


def told(details: Mapping[str, Any], kind: str) -> list[Asked]:
    """The questions in an action's details or its *Created event; a poll and a meeting ask one each."""
    inside = lowered(details)
    if kind == Action.Kind.POLL:
        choices = tuple(_titles(inside.get("choices")))
        title = text(inside.get("question")) or text(inside.get("title"))
        return [Asked(0, values.writable(title), values.SINGLE, choices)] if choices else []
    if kind == Action.Kind.MEETING:
        return [Asked(0, values.writable(text(inside.get("title"))), values.SINGLE, ("Yes", "No", "Maybe"))]
    return [_asked(at, lowered(raw)) for at, raw in enumerate(listed(inside.get("questions"))[:MOST])]


def _asked(index: int, record: Mapping[str, Any]) -> Asked:
    return Asked(
        index=index,
        title=values.writable(text(record.get("title"))),
        type=values.type_of(text(record.get("type"))),
        options=tuple(_titles(record.get("options"))),
        is_hidden=truth(record.get("isinvisible")) is True,
    )


def _titles(raw: Any) -> Iterable[str]:
    found = (item if isinstance(item, str) else text(lowered(item).get("title")) for item in listed(raw))
    return dict.fromkeys(values.writable(title) for title in found if title)


def of_answers(rows: Sequence[ReceivedAnswer]) -> list[Asked]:
    """The questions that a response itself repeats, without Kaizala's own hidden rows."""
    asked = (row for row in rows if not _is_system(row) and row.title)
    return [
        Asked(at, values.writable(row.title), values.type_of(row.type), row.options, row.is_invisible)
        for at, row in enumerate(list(asked)[:MOST])
    ]


def _is_system(row: ReceivedAnswer) -> bool:
    return row.is_invisible and row.title in SYSTEM


def write(action: Action, wanted: Sequence[Asked]) -> tuple[list[Asked], bool]:
    """Stores questions that are new and what is told differently of the others; all that are known then.

    The flag says that answers of before must be counted again, because a question's type is another one.
    """
    before = known(action)
    if action.kind in ONE_QUESTION and before and wanted:
        wanted = [replace(wanted[0], title=wanted[0].title or before[0].title)]
        after, recount = _merge([replace(before[0], title=wanted[0].title)], wanted)
    else:
        after, recount = _merge(before, wanted)
    if after == before:
        return before, False
    old = {one.index: one for one in before}
    rows = {row.index: row for row in Question.objects.filter(action=action)}
    new = [one for one in after if one.index not in old]
    Question.objects.bulk_create([Question(action=action, **_fields(one)) for one in new])
    changed = [one for one in after if one.index in old and old[one.index] != one]
    for one in changed:
        for name, value in _fields(one).items():
            setattr(rows[one.index], name, value)
    fields = ["title", "type", "options", "is_hidden"]
    Question.objects.bulk_update([rows[one.index] for one in changed], fields, batch_size=200)
    return after, recount


def _fields(one: Asked) -> dict[str, Any]:
    return {
        "index": one.index,
        "title": one.title,
        "type": one.type,
        "options": list(one.options),
        "is_hidden": one.is_hidden,
    }


def _merge(before: Sequence[Asked], wanted: Sequence[Asked]) -> tuple[list[Asked], bool]:
    after, recount, used = list(before), False, set[int]()
    for one in wanted:
        at = _place(after, one.title, one.index, used)
        if at is None:
            at = len(after)
            after.append(replace(one, index=after[-1].index + 1 if after else 0))
        else:
            same = after[at]
            options = tuple(dict.fromkeys([*one.options, *same.options]))
            kind = one.type if one.type != values.TEXT or same.type == values.TEXT else same.type
            recount |= kind != same.type
            after[at] = replace(same, type=kind, options=options, is_hidden=one.is_hidden or same.is_hidden)
        used.add(at)
    return after, recount


def _place(asked: Sequence[Asked], title: str, at: int, used: set[int]) -> int | None:
    """Where this question stands: at its own place if the title fits, else wherever the title stands."""
    if at < len(asked) and at not in used and asked[at].title == title:
        return at
    return next((i for i, one in enumerate(asked) if i not in used and one.title == title), None)


def match(asked: Sequence[Asked], rows: Sequence[ReceivedAnswer]) -> dict[str, Any]:
    """{"q0": value}: each answer at its question: by title, without one by position. None is left out."""
    found: dict[str, Any] = {}
    used: set[int] = set()
    for at, row in enumerate(row for row in rows if not _is_system(row)):
        place = _place(asked, values.writable(row.title), at, used) if row.title else at
        if place is None or place >= len(asked):
            continue
        used.add(place)
        value = values.clean(asked[place].type, row.answer)
        if value is not None:
            found[asked[place].key] = value
    return found


def time_in(rows: Sequence[ReceivedAnswer]) -> Any:
    """The raw time that a response carries among its hidden rows; None when it carries none."""
    return next((row.answer for row in rows if row.title == "ResponseTime"), None)

"""All files that people sent with their answers, as one ZIP with a list of what is in it.

The same parameters as the table's; a file that cannot be had is named in the list with its reason.
"""

import csv
import io
import re
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kaizala_admin.exports import Tick
from kaizala_admin.exports.writers.cells import safe
from surveys import values
from surveys.models import Action, ActionInstance, Question, Response
from surveys.results import filters

from .loading import Loader, NotLoaded
from .rows import Parameters, action_of, chosen, questions_of
from .zipping import Zip

AT_ONCE, AHEAD = 6, 24  # files that are fetched at once, and that may wait to be written
PAGE = 500
LIST = "files.csv"
_ODD = re.compile(r"[^\w.() -]+")


@dataclass(frozen=True)
class Wanted:
    """One file of an answer; `done` counts the responses that are over before it."""

    response: tuple[Any, ...]
    question: Question
    place: int
    url: str
    given: str
    done: int


def asked(action: Action, parameters: Parameters) -> list[Question]:
    """The questions for files, those among the chosen columns if there are any."""
    wanted = parameters.get("columns") or ()
    every = [one for one in questions_of(action) if one.type in values.FILE_TYPES]
    return [one for one in every if one.key in wanted] or every


def responses(action: Action, parameters: Parameters) -> QuerySet[Response]:
    holds = Q(pk__in=[])
    for one in asked(action, parameters):
        holds |= Q(answers__has_key=one.key)
    return filters.responses(action, chosen(action, parameters)).filter(holds)


def count(parameters: Parameters) -> int:
    """Responses with files."""
    return responses(action_of(parameters), parameters).count()


def write(file: IO[bytes], parameters: Parameters, tick: Tick) -> None:
    action = action_of(parameters)
    names = dict(ActionInstance.objects.filter(action=action).values_list("pk", "group__name"))
    loader, done = Loader.of(action.tenant), 0
    with (
        Zip(file) as archive,
        tempfile.TemporaryFile() as listed,
        ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures") as pool,
    ):
        told = io.TextIOWrapper(listed, encoding="utf-8-sig", newline="", write_through=True)
        out = csv.writer(told, quoting=csv.QUOTE_ALL)
        out.writerow(_headings(action))
        try:
            for one, future in _fetched(pool, loader, _wanted(action, parameters)):
                name, problem = _put(archive, one, future, action.is_anonymous, lambda at=done: tick(at))
                out.writerow(_line(action, one, names, name, problem))
                done = one.done
                tick(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        told.flush()
        archive.add(LIST, listed, timezone.localtime().replace(tzinfo=None))
        told.detach()
        tick(done)


def _wanted(action: Action, parameters: Parameters) -> Iterator[Wanted]:
    questions, done, last = asked(action, parameters), 0, 0
    rows = responses(action, parameters).order_by("pk")
    found = rows.values_list(
        "pk", "instance_id", "answered_at", "responder_name", "responder_number", "answers"
    )
    while page := list(found.filter(pk__gt=last)[:PAGE]):
        last = page[-1][0]
        for row in page:
            done += 1
            for question in questions:
                for place, one in enumerate(_files(row[-1].get(question.key)), 1):
                    yield Wanted(row[:-1], question, place, one.get("url", ""), one.get("name", ""), done)


def _files(value: Any) -> Sequence[dict[str, str]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _fetched(
    pool: ThreadPoolExecutor, loader: Loader, wanted: Iterator[Wanted]
) -> Iterator[tuple[Wanted, "Future[IO[bytes]]"]]:
    """In their order, while the next ones are on their way."""
    under_way: deque[tuple[Wanted, Future[IO[bytes]]]] = deque()
    for one in wanted:
        under_way.append((one, pool.submit(loader.load, one.url)))
        if len(under_way) >= AHEAD:
            yield under_way.popleft()
    while under_way:
        yield under_way.popleft()


def _put(
    archive: Zip, one: Wanted, future: "Future[IO[bytes]]", is_anonymous: bool, still: Any
) -> tuple[str, str]:
    """Its name in the archive, or why it is not there. `still` is called while it is waited for."""
    while True:
        try:
            with future.result(timeout=2) as content:
                name, at = _name(one, is_anonymous), one.response[2] or datetime.now(UTC)
                archive.add(name, content, timezone.localtime(at).replace(tzinfo=None))
                return name, ""
        except NotYet:
            still()
        except NotLoaded as error:
            return "", str(error)


def _name(one: Wanted, is_anonymous: bool) -> str:
    """The question's folder, the response, and what its sender called it, if people may know who that is."""
    given = (one.given or one.url.partition("?")[0]).replace("\\", "/").rpartition("/")[2]
    path = PurePosixPath(_ODD.sub("_", given).strip(". "))
    ending = path.suffix.lower()[:10]
    words = "" if is_anonymous else f" {path.stem[:60]}"
    return f"q{one.question.index + 1}/{one.response[0]}-{one.place}{words}{ending}"


def _headings(action: Action) -> list[str]:
    who = [] if action.is_anonymous else [_("Name"), _("Mobile number (without +)")]
    return [_("File"), _("Response"), _("Group"), *who, _("Question"), _("Why it is missing")]


def _line(action: Action, one: Wanted, names: dict[int, str], name: str, problem: str) -> list[str]:
    pk, instance, _at, who, digits = one.response
    people = [] if action.is_anonymous else [who, digits.removeprefix("+")]
    cells = [name, str(pk), names.get(instance, ""), *people, one.question.title or action.title, problem]
    return [safe(cell) for cell in cells]

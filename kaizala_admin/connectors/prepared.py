"""A queryset's SQL, made once and kept: Django takes longer to make a statement than SQLite to run it.

For the few statements that every call to Kaizala costs (docs/adr/0007); all others are plain querysets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

MARK = 1_900_000_000  # the first argument, while the SQL is made; the next one is one more

Row = TypeVar("Row", bound=Model)
Argument = int | Sequence[int]


@dataclass(frozen=True)
class _Statement:
    query: Any
    sql: str
    params: tuple[Any, ...]  # an argument is its place from MARK on
    names: tuple[str, ...]  # of a row's fields
    converters: Any

    def filled(self, given: Sequence[Argument]) -> list[Any]:
        """The parameters, with the arguments in their places, each as the driver wants it there."""
        numbers = list(chain.from_iterable([one] if isinstance(one, int) else one for one in given))
        marks = range(MARK, MARK + len(numbers))
        return [type(at)(numbers[at - MARK]) if _is_in(marks, at) else at for at in self.params]


class Prepared(Generic[Row]):
    """`build` makes the queryset from whole numbers and short lists of them, all else in it being constant.

    Each database has a statement of its own for lists of up to one, two, four, eight and so on; shorter ones
    say their last number again. So a list is only for `in`. An empty one finds nothing, and asks nothing.
    With `changes`, which makes the new values, it is an UPDATE.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any]], changes: Callable[[], dict[str, Any]] | None = None
    ) -> None:
        self._build, self._changes = build, changes
        self._made: dict[tuple[Any, ...], _Statement] = {}

    def update(self, *given: Argument) -> int:
        """How many rows were changed."""
        if _names_nothing(given):
            return 0
        given = tuple(_padded(one) for one in given)
        statement = self._statement(given)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.filled(given))
            return int(cursor.rowcount)

    def rows(self, *given: Argument) -> list[Any]:
        """The rows as lists of values, in the order of the queryset's fields."""
        if _names_nothing(given):
            return []
        given = tuple(_padded(one) for one in given)
        statement = self._statement(given)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.filled(given))
            found = cursor.fetchall()
        if not statement.converters:
            return list(found)
        compiler = statement.query.get_compiler(connection.alias)
        return list(compiler.apply_converters(found, statement.converters))

    def objects(self, *given: Argument) -> list[Row]:
        """The same as instances, for a queryset of whole rows."""
        found = self.rows(*given)
        if not found:
            return []
        statement = self._statement([_padded(one) for one in given])
        model = statement.query.model
        return [model.from_db(connection.alias, statement.names, values) for values in found]

    def _statement(self, given: Sequence[Argument]) -> _Statement:
        shape = (connection.vendor, *(-1 if isinstance(one, int) else len(one) for one in given))
        if shape not in self._made:
            self._made[shape] = self._make(given)
        return self._made[shape]

    def _make(self, given: Sequence[Argument]) -> _Statement:
        marks = count(MARK)
        stands = [next(marks) if isinstance(one, int) else [next(marks) for _ in one] for one in given]
        query: Any = self._build(*stands).query
        if self._changes:
            query = query.chain(UpdateQuery)
            query.add_update_values(self._changes())
        compiler = query.get_compiler(connection.alias)
        sql, params = compiler.as_sql()
        if self._changes:
            return _Statement(query, sql, tuple(params), (), {})
        columns = [expression for expression, _, _ in compiler.select]
        names = tuple(getattr(getattr(one, "target", None), "attname", "") for one in columns)
        return _Statement(query, sql, tuple(params), names, compiler.get_converters(columns))


def _is_in(marks: range, value: Any) -> bool:
    return isinstance(value, int) and value in marks


def _padded(one: Argument) -> Argument:
    if isinstance(one, int):
        return one
    return [*one, *[one[-1]] * ((1 << (len(one) - 1).bit_length()) - len(one))]


def _names_nothing(given: Sequence[Argument]) -> bool:
    return any(not isinstance(one, int) and not one for one in given)

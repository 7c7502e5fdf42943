"""Questions to the database about answers, the same on SQLite and PostgreSQL."""

from typing import Any

from django.db.models import BooleanField, F, Func, TextField, Value

_SQLITE = """(JSON_TYPE({column}, %s) IN ('text', 'array') AND EXISTS (
    SELECT 1 FROM JSON_EACH({column}, %s) AS one WHERE one.type = 'text' AND one.value = %s))"""


class Chose(Func):
    """Whether an answer is this option, or a list that holds it. A text that looks like a list is a text."""

    output_field = BooleanField()

    def __init__(self, place: int, answer: str) -> None:
        super().__init__(F("answers"))
        self.key, self.answer = f"q{int(place)}", answer

    def as_sqlite(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        column, _none = compiler.compile(self.source_expressions[0])
        path = f"$.{self.key}"
        return _SQLITE.format(column=column), [path, path, self.answer]

    def as_postgresql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, list[Any]]:
        """An array contains its elements, and a text itself."""
        column, _none = compiler.compile(self.source_expressions[0])
        return f"(({column} -> %s) @> to_jsonb(%s::text))", [self.key, self.answer]


class AnswerText(Func):
    """One answer as JSON text. Django's own transform gives "5" and 5 alike on SQLite."""

    output_field = TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("answers"), Value(key))

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "JSON_QUOTE(JSON_EXTRACT(%(expressions)s))"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", '$.' || ", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="(%(expressions)s)::text", arg_joiner=" -> ", **more
        )

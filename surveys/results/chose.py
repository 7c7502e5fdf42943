"""Whether an answer is an option, or a list that holds it: asked of the database."""

from typing import Any

from django.db.models import BooleanField, F, Func

_SQLITE = """(JSON_TYPE({column}, %s) IN ('text', 'array') AND EXISTS (
    SELECT 1 FROM JSON_EACH({column}, %s) AS one WHERE one.type = 'text' AND one.value = %s))"""


class Chose(Func):
    """Of the responses' answers. A text that only looks like a number or a list is a text."""

    output_field = BooleanField()

    def __init__(self, place: int, answer: str) -> None:
        super().__init__(F("answers"))
        self.key, self.answer = f"q{int(place)}", answer

    def as_sqlite(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        column, _none = compiler.compile(self.source_expressions[0])
        path = f"$.{self.key}"
        return _SQLITE.format(column=column), [path, path, self.answer]

    def as_postgresql(self, compiler: Any, connection: Any, **_more: Any) -> Any:
        """An array contains its elements, and a text itself."""
        column, _none = compiler.compile(self.source_expressions[0])
        return f"(({column} -> %s) @> to_jsonb(%s::text))", [self.key, self.answer]

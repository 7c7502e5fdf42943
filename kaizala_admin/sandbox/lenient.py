"""JSON as Kaizala's parser took it.

Bare keys, single quotes, Python's True and None, any key case (contract 1.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from kaizala_admin.sandbox.errors import bad_request

_TOKENS = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w$@-]))
      | (?P<word>[A-Za-z_$][\w$.@-]*)
      | (?P<mark>[{}\[\]:,])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_DEEPEST = 40


def parse(raw: bytes) -> Any:
    """Return the value that `raw` (UTF-8) spells; raise ApiError 400 when nothing lenient enough reads it."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return _parse_loosely(raw)


def _parse_loosely(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8-sig")
        reader = _Reader(list(_split(text)))
        value = reader.value(0)
        reader.end()
    except (ValueError, IndexError) as error:
        raise bad_request("The request body is not valid JSON.", "InvalidJson") from error
    return value


def _split(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKENS.match(text, at)
        if found is None or found.lastgroup is None:
            raise ValueError(f"unreadable at {at}")
        yield found.lastgroup, found.group(found.lastgroup)
        at = found.end()


class _Reader:
    """Recursive descent over the tokens of one body."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, mark: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("mark", mark):
            self.at += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.skip(mark):
            raise ValueError(f"expected {mark}")

    def end(self) -> None:
        if self.at != len(self.tokens):
            raise ValueError("something follows the value")

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        kind, text = self.take()
        if kind == "mark":
            return self.compound(text, depth + 1)
        if kind == "string":
            return _unquote(text)
        if kind == "number":
            return float(text) if set(text) & set(".eE") else int(text)
        return _WORDS.get(text.lower(), text)

    def compound(self, mark: str, depth: int) -> Any:
        if mark == "{":
            return self.pairs(depth)
        if mark == "[":
            return self.items(depth)
        raise ValueError(f"unexpected {mark}")

    def pairs(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.skip("}"):
            kind, text = self.take()
            if kind == "mark":
                raise ValueError("a key is missing")
            key = _unquote(text) if kind == "string" else text
            self.expect(":")
            found[key] = self.value(depth)
            if not self.skip(","):
                self.expect("}")
                break
        return found

    def items(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while not self.skip("]"):
            found.append(self.value(depth))
            if not self.skip(","):
                self.expect("]")
                break
        return found


def _unquote(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    if text[0] == '"':
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            pass
    return _ESCAPES.sub(lambda found: _escape(found.group(1)), text[1:-1])


def _escape(code: str) -> str:
    if code[0] == "u" and len(code) == 5:
        return chr(int(code[1:], 16))
    return _LETTERS.get(code, code)

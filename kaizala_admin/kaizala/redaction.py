"""Takes secrets and phone numbers out of text before anybody can store or show it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

LONGEST = 4000
# What is looked at before it is cut to LONGEST, so that a huge body costs no more than a small one.
_LOOKED_AT = 2 * LONGEST
_SHORTEST_PIECE = 4
HIDDEN = "***"

SECRET_NAMES = (
    "accesstoken",
    "refreshtoken",
    "applicationsecret",
    "callbacktoken",
    "callbackurl",
    "kz-callback-token",
    "authorization",
    "client_secret",
    "clientsecret",
    "cookie",
    "set-cookie",
    "password",
    "pin",
)
_NAMES = "|".join(re.escape(name) for name in SECRET_NAMES)
_BY_KEY = re.compile(
    rf"""(?ix) (?<![\w-]) (?P<head> (?:{_NAMES}) (?: \\?["'] )? \s* [:=] \s* )
    (?: \\" [^"\\]* (?: \\" )?  |  " (?: [^"\\] | \\. )* "?  |  ' [^']* '?  |  [^\s,;&}}<"'\\]+ )"""
)
# Tokens, and media resources, whose base64 holds signed links.
_ENCODED = re.compile(r"eyJ[\w+/=-]{8,}(?:\.[\w-]+)*")
_SIGNATURE = re.compile(r"(?i)([?&;]sig=)[^&\"'\s<]+")
_PHONE = re.compile(r"\+(\d{7,15})(?!\d)")


def _masked(found: re.Match[str]) -> str:
    return f"+{found[1][:2]}******{found[1][-2:]}"


def mask_phones(text: str) -> str:
    """+919876543212 becomes +91******12."""
    return _PHONE.sub(_masked, text)


class Redactor:
    """Knows some secrets by value, the usual ones by name, and what tokens and signed links look like."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= _SHORTEST_PIECE}, key=len)[
            ::-1
        ]

    def hide_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        # Looking whether a name occurs at all is far cheaper than looking for it with all its quoting.
        small = text.lower()
        if any(name in small for name in SECRET_NAMES):
            text = _BY_KEY.sub(lambda found: f'{found["head"]}"{HIDDEN}"', text)
        if "sig=" in small:
            text = _SIGNATURE.sub(rf"\g<1>{HIDDEN}", text)
        return _ENCODED.sub(HIDDEN, text)

    def body(self, content: bytes | None) -> str:
        """A body as text that can be kept, at most LONGEST characters."""
        if not content:
            return ""
        piece = content[:_LOOKED_AT]
        text = piece.decode("utf-8", "replace").replace("\0", "\ufffd")  # PostgreSQL takes no NUL in a text
        if len(piece) < len(content):
            text = self._without_torn_end(text)
        return mask_phones(self.hide_secrets(text))[:LONGEST]

    def _without_torn_end(self, text: str) -> str:
        """Cutting may have torn a secret in two, and then it is not found by its value any more."""
        for secret in self._secrets:
            start = text.rfind(secret[:_SHORTEST_PIECE], max(0, len(text) - len(secret)))
            if start >= 0 and secret.startswith(text[start:]):
                return text[:start]
        return text

    def headers(self, headers: Mapping[str, str], shown: Collection[str]) -> str:
        """One line a header; of those that hold secrets only the name."""
        lines = [(name, value) for name, value in headers.items() if name.lower() in shown]
        return "".join(f"{name}: {self._header(name, value)}\n" for name, value in lines)

    def _header(self, name: str, value: str) -> str:
        return HIDDEN if name.lower() in SECRET_NAMES else self.hide_secrets(value)

"""Logging for web, worker and commands: one handler on the root that no secret passes (reliability 1.15).

Secrets are hidden by value (every one that was read from the database in this process) and by what they look
like: names of secret fields, tokens, signed links, queries of webhook addresses; phone numbers are masked.
"""

import logging
import re
import sys
import threading
from collections import OrderedDict
from typing import Any

import structlog
from django.conf import settings

from kaizala_admin.kaizala.redaction import Redactor, mask_phones

MOST_KNOWN, SHORTEST = 400, 8
QUIET = ("urllib3", "requests", "kombu", "amqp", "redis", "asyncio", "django.db.backends", "PIL")
_WEBHOOK_QUERY = re.compile(r"(/(?:web)?hooks?/[^\s\"'?]*)\?[^\s\"']*", re.IGNORECASE)
_WEBHOOK_TOKEN = re.compile(r"(/(?:web)?hooks?/[^\s\"'/?]+/)[\w-]{20,}", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(\b[a-z+]+://[^\s:/@]*:)[^\s@/]+@", re.IGNORECASE)


class KnownSecrets:
    """The last few hundred secrets that this process has seen in plain text."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._redactor: Redactor | None = None

    def add(self, value: str) -> None:
        """Shorter ones than SHORTEST would blot out innocent words."""
        if len(value) < SHORTEST or value in self._values:
            return
        with self._lock:
            self._values[value] = None
            if len(self._values) > MOST_KNOWN:
                self._values.popitem(last=False)
            self._redactor = None

    def redactor(self) -> Redactor:
        with self._lock:
            if self._redactor is None:
                self._redactor = Redactor(list(self._values))
            return self._redactor


known_secrets = KnownSecrets()


def redact(text: str) -> str:
    """The text as it may be kept."""
    text = known_secrets.redactor().hide_secrets(text)
    text = _WEBHOOK_TOKEN.sub(r"\g<1>***", _WEBHOOK_QUERY.sub(r"\g<1>?***", text))
    return mask_phones(_PASSWORD_IN_URL.sub(r"\g<1>***@", text))


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Redacts the finished line, traceback and all."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure() -> None:
    """Safe to call again. LOG_LEVEL (INFO) and LOG_JSON (on, but for a local console) steer it."""
    for secret in (settings.SECRET_KEY, *settings.KAIZALA_FIELD_KEYS):
        known_secrets.add(secret)
    root = logging.getLogger()
    for handler in [old for old in root.handlers if isinstance(old.formatter, RedactingFormatter)]:
        root.removeHandler(handler)
    root.addHandler(_handler())
    root.setLevel(settings.LOG_LEVEL)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        RedactingFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers()],
        )
    )
    return handler


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]


def _renderers() -> list[Any]:
    if settings.LOG_JSON:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]

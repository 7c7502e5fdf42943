"""The address that Kaizala calls (contract 14 and 15; reliability 1.11).

Nothing is parsed here. The body is on disk before the answer leaves; a 5xx says that it is not, and Kaizala
comes again for two days.
"""

import logging
import re

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from . import bell, hooks, storing
from .throttle import throttle

log = logging.getLogger(__name__)
HEADER = "kz-callback-token"
_VALIDATION = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_DIGITS = re.compile(r"[0-9]{1,9}")


@method_decorator(csrf_exempt, name="dispatch")
class Receiver(View):
    """GET answers the validation, POST stores an event."""

    http_method_names = ("get", "post")

    def get(self, request: HttpRequest, hook: int, token: str) -> HttpResponse:
        """Echoes `validationToken`. Writes nothing."""
        try:
            known = hooks.find(hook, within=0).knows_path(token)
        except DatabaseError:
            return _say("Not now.", 503)
        if not known:
            return _nothing_here()
        given = request.GET.get("validationToken", "")
        if not _VALIDATION.fullmatch(given):
            return _say("validationToken is missing or holds other characters.", 400)
        return _say(given, 200)

    def post(self, request: HttpRequest, hook: int, token: str) -> HttpResponse:
        """200 once the raw body is stored."""
        header = request.headers.get(HEADER, "")
        try:
            known = hooks.find(hook)
            if not known.knows(token, header):
                known = hooks.find(hook, within=hooks.RECENT)  # secrets that changed just now
        except DatabaseError:
            return _say("Not now.", 503)
        if not known.knows(token, header):
            return _nothing_here()
        if refusal := _refusal(request):
            return refusal
        if not throttle.lets_in(known.pk):
            answer = _say("Too many events. Come again.", 429)
            answer["Retry-After"] = "1"
            return answer
        return _store(request, known.pk)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """What a body must be before it is read."""
    length = request.META.get("CONTENT_LENGTH", "")
    if not _DIGITS.fullmatch(length):
        return _say("Content-Length is missing.", 411)
    if int(length) > settings.KAIZALA_EVENT_MAX_BYTES:
        return _say("The body is too large.", 413)
    if request.content_type in _FORMS:
        return _say("Send JSON.", 415)
    return None


def _store(request: HttpRequest, hook: int) -> HttpResponse:
    try:
        body = request.body
    except UnreadablePostError:
        return _say("The body did not come.", 400)
    try:
        storing.store(hook, body)
    except DatabaseError as error:
        log.error("An event for hook %s was not stored: %s", hook, type(error).__name__)
        return _say("Not now.", 503)
    bell.ring()
    return _say("", 200)


def _nothing_here() -> HttpResponse:
    return _say("Nothing here.", 404)


def _say(text: str, status: int) -> HttpResponse:
    answer = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Length"] = str(len(answer.content))  # no middleware comes after us to say so
    return answer

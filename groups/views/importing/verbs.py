"""Buttons of an import. What sends something, or stops it for good, asks first, in numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from groups import pace
from groups.imports import doubts, reading, services
from groups.imports.models import ImportRun
from kaizala_admin.ui.confirm import Confirmation, ask_first, confirmed, typed_number

from .base import MANAGE, ImportMixin, url

Text = str | Promise
TOO_LATE = gettext_lazy("That was too late: the import is in another state now. Look again.")


@dataclass(frozen=True)
class Verb:
    """`run(import, request)` says whether anything happened. Without a question it is done at once."""

    title: Text
    done: Text
    run: Callable[[ImportRun, Any], bool]
    question: Text = ""
    tone: str = "primary"


VERBS = {
    "accept": Verb(
        gettext_lazy("Apply it"),
        gettext_lazy("It is under way."),
        lambda run, request: services.accept(run=run, by=request.user, leaving=typed_number(request)),
        gettext_lazy("Apply this at Kaizala? Wrong rows and repetitions are left out."),
    ),
    "pause": Verb(
        gettext_lazy("Pause"),
        gettext_lazy("Paused. Nothing more is sent until somebody resumes."),
        lambda run, request: services.pause(run=run, by=request.user),
    ),
    "resume": Verb(
        gettext_lazy("Resume"),
        gettext_lazy("It goes on."),
        lambda run, request: services.resume(run=run, by=request.user),
    ),
    "cancel": Verb(
        gettext_lazy("Cancel"),
        gettext_lazy("Cancelled. What had been done stays done."),
        lambda run, request: services.cancel(run=run, by=request.user),
        gettext_lazy("Never apply what still waits? What has been done stays done."),
        "danger",
    ),
}


class Do(ImportMixin, View):
    """POST only; a verb with a question asks first."""

    permission_required = MANAGE
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        chosen = VERBS[verb]
        if chosen.question and not confirmed(request):
            return self._ask(chosen)
        try:
            done = chosen.run(self.run, request)
        except services.CannotChange as error:
            messages.error(request, str(error))
        else:
            say = messages.success if done else messages.warning
            say(request, str(chosen.done if done else TOO_LATE))
        return HttpResponseRedirect(url("show", pk))

    def _ask(self, verb: Verb) -> HttpResponse:
        run, found = self.run, reading.counts(self.run)
        facts: list[tuple[Text, object]] = [(_("File"), run.file_name)]
        if run.group:
            facts.append((_("Group"), run.group.name))
        names = {
            "add": _("To add"),
            "remove": _("To remove"),
            "promote": _("New admins"),
            "demote": _("Admins no more"),
            "link": _("To link"),
            "unlink": _("To unlink"),
        }
        facts += [
            (words, f"{found[f'ready:{action}']:,}")
            for action, words in names.items()
            if found.get(f"ready:{action}")
        ]
        if found.get("queued"):
            facts.append((_("In line"), f"{found['queued']:,}"))
        if verb is VERBS["accept"]:
            facts += [(_("Calls"), f"{run.calls:,}"), (_("Time"), pace.in_words(run.seconds))]
        page = Confirmation(
            title=verb.title,
            question=verb.question,
            button=verb.title,
            cancel_url=url("show", run.pk),
            facts=facts,
            url=self.request.path,
            tone=verb.tone,
            **self._doubts(found) if verb is VERBS["accept"] else {},
        )
        return ask_first(self.request, page)

    def _doubts(self, found: dict[str, int]) -> dict[str, Any]:
        number = _("How many people shall leave?") if doubts.unclear(self.run, found) else ""
        return {"warnings": doubts.of(self.run, found), "number": number}

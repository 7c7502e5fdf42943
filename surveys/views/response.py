"""One response: what was answered, what was answered before, and what staff say of it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from kaizala_admin.ui.views import ConsoleMixin, ConsoleView
from surveys import values
from surveys.models import Action, Response, ResponseEdit, Review
from surveys.services import reviewing

from .responses_tab import TONES

MOST_EDITS = 100


class ReviewForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Review
        fields = ("state", "note")
        widgets = {
            "state": forms.Select(attrs={"class": "ans-input"}),
            "note": forms.Textarea(attrs={"rows": 3, "class": "ans-input", "dir": "auto"}),
        }
        labels = {"note": gettext_lazy("Note")}


@dataclass(frozen=True)
class Answered:
    """One question with its answer; `before` is what stood there in the next older answer."""

    question: Any
    value: Any
    text: str
    changed: bool = False

    @property
    def is_files(self) -> bool:
        return self.question.type in values.FILE_TYPES and isinstance(self.value, list)

    @property
    def is_place(self) -> bool:
        return isinstance(self.value, dict) and "lt" in self.value


class ResponseMixin(ConsoleMixin):
    kwargs: dict[str, Any]

    @cached_property
    def response_row(self) -> Response:
        key = str(self.kwargs["pk"])
        rows = Response.objects.select_related("action__tenant", "instance__group", "review__by")
        found = rows.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if found is None:
            raise Http404(_("There is no such response."))
        return found

    def get_title(self) -> str:
        return _("Response to %(title)s") % {"title": self.response_row.action.title}


class ResponsePage(ResponseMixin, ConsoleView):
    permission_required = "surveys.view_response"
    template_name = "surveys/response.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.response_row
        user: Any = self.request.user
        asked = list(row.action.questions.order_by("index"))
        review = getattr(row, "review", None)
        edits = list(ResponseEdit.objects.filter(response=row)[:MOST_EDITS])
        page = {
            "row": row,
            "answers": _answers(asked, row.answers, edits[0].answers if edits else None),
            "edits": [(edit, _answers(asked, edit.answers, row.answers)) for edit in edits],
            "review": review,
            "tone": TONES[review.state] if review else "info",
            "form": ReviewForm(instance=review),
            "may_review": user.has_perm("surveys.review_response"),
            "may_answer": user.has_perm("surveys.answer_action"),
            "is_job": row.action.kind == Action.Kind.JOB,
        }
        return super().get_context_data(**page, **kwargs)


def _answers(asked: list[Any], answers: dict[str, Any], other: dict[str, Any] | None) -> list[Answered]:
    return [
        Answered(
            one, value, values.for_reading(one.type, value), other is not None and other.get(one.key) != value
        )
        for one in asked
        if (value := answers.get(one.key)) is not None or not one.is_hidden
    ]


class SaveReview(ResponseMixin, View):
    permission_required = "surveys.review_response"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = ReviewForm(request.POST)
        row, user = self.response_row, request.user
        if form.is_valid():
            said: Any = form.cleaned_data
            who: Any = user
            reviewing.review(response=row, state=said["state"], note=said["note"], by=who)
            messages.success(request, _("The review is saved."))
        else:
            messages.error(request, _("Choose open, checked or problem."))
        return HttpResponseRedirect(row.get_absolute_url())

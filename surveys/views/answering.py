"""Answer a survey, a custom action or a job from the console."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from kaizala_admin.ui.views import ConsoleMixin
from surveys.forms import AnswerForm
from surveys.models import Action, ActionInstance, Question, Response
from surveys.services import answering, attaching

from .responses_tab import number


class AnswerPage(ConsoleMixin, TemplateView):
    """`pk` is an instance; `?edit=` a response of it that the answer shall replace."""

    permission_required = "surveys.answer_action"
    template_name = "surveys/answer.html"
    http_method_names = ("get", "post")

    @cached_property
    def instance(self) -> ActionInstance:
        rows = ActionInstance.objects.select_related("action", "group")
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(_("There is no such survey, poll or job."))
        return found

    @cached_property
    def earlier(self) -> Response | None:
        key = number(self.request.GET.get("edit", ""))
        return Response.objects.filter(instance=self.instance, pk=key).first() if key else None

    @cached_property
    def questions(self) -> list[Question]:
        rows = list(Question.objects.filter(action=self.instance.action).order_by("index"))
        for row in rows:
            row.action = self.instance.action
        return rows

    def get_title(self) -> str:
        if self.instance.action.kind == Action.Kind.JOB:
            return _("Mark as done: %(title)s") % {"title": self.instance.action.title}
        return _("Answer: %(title)s") % {"title": self.instance.action.title}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self._form(None))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_job = self.instance.action.kind == Action.Kind.JOB
        token = _token(request.POST.get("token", ""))
        if is_job:
            return self._send(token, {}, request.POST.get("completed", "yes") == "yes")
        form = self._form(request.POST, request.FILES)
        answers = self._answers(form) if form.is_valid() else None
        return self._page(form, status=422) if answers is None else self._send(token, answers, None)

    def _answers(self, form: AnswerForm) -> dict[str, Any] | None:
        """With the files that were sent along; None where one is not taken, which the form then says."""
        user: Any = self.request.user
        try:
            files = attaching.attach(
                action=self.instance.action, questions=form.for_files, uploads=form.uploads(), by=user
            )
        except attaching.NotTaken as error:
            form.add_error(error.key, str(error))
            return None
        return {**form.answers(), **files}

    def _send(self, token: str, answers: dict[str, Any], completed: bool | None) -> HttpResponse:
        user: Any = self.request.user
        try:
            row = answering.answer(
                instance=self.instance,
                token=token,
                by=user,
                answers=answers,
                is_completed=completed,
                earlier=self.earlier,
            )
        except answering.CannotAnswer as error:
            messages.error(self.request, str(error))
            return HttpResponseRedirect(self.instance.action.get_absolute_url())
        if row is None:
            messages.info(self.request, _("This answer was given already; it is not sent twice."))
        else:
            messages.success(self.request, _("The answer is in line. It appears here once Kaizala has it."))
        return HttpResponseRedirect(self.instance.action.get_absolute_url())

    def _form(self, data: Any, files: Any = None) -> AnswerForm:
        before = self.earlier.answers if self.earlier else None
        return AnswerForm(self.questions, data, files, before=before)

    def _page(self, form: AnswerForm, status: int = 200) -> HttpResponse:
        try:
            grant, problem = answering.check(self.instance), ""
        except answering.CannotAnswer as error:
            grant, problem = None, str(error)
        page = {
            "instance": self.instance,
            "form": form,
            "is_job": self.instance.action.kind == Action.Kind.JOB,
            "earlier": self.earlier,
            "grant": grant,
            "problem": problem,
            "token": str(uuid4()),
        }
        return self.render_to_response(self.get_context_data(**page), status=status)


def _token(text: str) -> str:
    """The form's own; a new one for what is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid4())

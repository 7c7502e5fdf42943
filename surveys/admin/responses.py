"""Every response of every action, newest first; and the way to each one's own page."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from groups import search
from kaizala_admin.ui.admin import ReadOnlyAdmin
from kaizala_admin.ui.columns import column
from kaizala_admin.ui.templatetags.ui import ago
from surveys import values
from surveys.models import Response, Review
from surveys.views import response as page
from surveys.views.responses_tab import TONES, UNSEEN


class ReviewFilter(SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Review.State.choices[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(review__state=value) if value in Review.State.values else queryset


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    list_display = ("person", "to_action", "first_answers", "shown_review", "answered")
    list_filter = (ReviewFilter,)
    list_select_related = ("action", "instance__group", "review")
    search_fields = ("responder_number",)  # shows the box; `get_search_results` does the search
    search_help_text = _("A number in any spelling")
    ordering = ("-id",)
    sortable_by = ()
    actions = ()
    empty_title = _("Nobody has answered yet")
    empty_text = _("Each answer to a survey, poll or job has a line here.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Response], search_term: str
    ) -> tuple[QuerySet[Response], bool]:
        """By number only: names and texts are looked for on the action's own page."""
        text = search_term.strip()
        if not text:
            return queryset, False
        starts = search.number_starts(text) if any(letter.isdecimal() for letter in text) else set()
        wanted = queryset.none()
        for start in starts:
            wanted = wanted | queryset.filter(responder_number__startswith=start)
        return wanted, False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return page.ResponsePage.as_view()(request, pk=object_id)

    def get_urls(self) -> list[URLPattern]:
        review = path("<int:pk>/review/", page.SaveReview.as_view(), name="surveys_response_review")
        return [review, *super().get_urls()]

    @column(_("who"), header=True)
    def person(self, row: Response) -> list[Any]:
        return [row.responder_name or gettext("Not named"), row.responder_number]

    @column(_("to"))
    def to_action(self, row: Response) -> str:
        address = row.action.get_absolute_url()
        return format_html('<a class="kza-link" href="{}">{}</a>', address, row.action.title)

    @column(_("answers"))
    def first_answers(self, row: Response) -> str:
        if row.is_completed is not None:
            return gettext("Done") if row.is_completed else gettext("Not done")
        found = [values.shown(value) for _key, value in sorted(row.answers.items())[:3]]
        return Truncator(" · ".join(found)).chars(80) or "–"

    @column(_("review"), label=TONES)
    def shown_review(self, row: Any) -> tuple[str, str]:
        review = getattr(row, "review", None)
        return (review.state, review.get_state_display()) if review else (UNSEEN, gettext("Open"))

    @column(_("answered"))
    def answered(self, row: Response) -> str:
        return ago(row.answered_at, gettext("time not told"))

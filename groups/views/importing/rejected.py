"""The file of rejected rows."""

from django.http import HttpRequest, StreamingHttpResponse
from django.views.generic import View

from groups.imports.rejected import lines

from .base import VIEW, ImportMixin


class Rejected(ImportMixin, View):
    """Streamed; no cell of it is a formula to a spreadsheet, and an import reads it as it is."""

    permission_required = VIEW

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        answer = StreamingHttpResponse(lines(self.run), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="rejected-{pk}.csv"'
        return answer

"""The "Sync now" buttons: of a group, a connector, everything. POST only."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from groups import services
from groups.models import Group, SyncRun
from kaizala_admin.connectors.models import Connector
from kaizala_admin.ui.views import ConsoleMixin

from .runs import progress_url


class _Start(ConsoleMixin, View):
    permission_required = "groups.sync_group"
    http_method_names = ("post",)

    def go(self, start: Callable[[], list[SyncRun]], back: str) -> HttpResponse:
        """To the progress page; back with a message when there is nothing to sync with."""
        try:
            runs = start()
        except services.CannotSync as error:
            messages.error(self.request, str(error))
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(progress_url(runs))


class SyncGroup(_Start):
    """One group."""

    def post(self, request: HttpRequest, group_id: int) -> HttpResponse:
        group = get_object_or_404(Group, pk=group_id)
        page = reverse("admin:groups_group_change", args=[group_id])
        return self.go(lambda: [services.start_sync(group)], page)


class SyncConnector(_Start):
    """All that a connector's grants reach."""

    def post(self, request: HttpRequest, connector_id: int) -> HttpResponse:
        connector = get_object_or_404(Connector, pk=connector_id)
        return self.go(
            lambda: services.start_connector_sync(connector), reverse("admin:groups_group_changelist")
        )


class SyncEverything(_Start):
    """Every connector that works."""

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.go(self._start, reverse("admin:groups_group_changelist"))

    def _start(self) -> list[SyncRun]:
        if runs := services.sync_everything():
            return runs
        raise services.CannotSync(_("No connector has a working grant. Add a connector and a grant first."))

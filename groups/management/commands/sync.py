"""`manage.py sync`: starts what the buttons "Sync now" start."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from groups import services
from groups.management.waiting import wait
from groups.models import Group, SyncRun
from groups.progress import progress
from kaizala_admin.connectors.models import Connector


class Command(BaseCommand):
    help = (
        "Starts a sync of everything, of a connector or of groups; nothing at Kaizala is changed. Exit code "
        "0: started (with --wait: done); 1: nothing to sync with, or a part failed; 3: --wait is over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--connector", metavar="NAME", help="all that its grants reach")
        what.add_argument("--group", metavar="ID", action="append", default=[], help="Kaizala's group ID")
        parser.add_argument("--wait", type=float, metavar="SECONDS", help="until it is done, at most so long")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            runs = self._start(options)
        except services.CannotSync as error:
            raise CommandError(str(error)) from error
        if not runs:
            raise CommandError(_("No connector has a working grant. Add a connector and a grant first."))
        wait(options["wait"], lambda: progress(runs).finished)
        now = progress(runs)
        self._tell(runs, now, as_json=options["json"])
        if now.failed:
            raise CommandError("\n".join(run.explanation for run in now.problems) or _("A part failed."))
        if options["wait"] and not now.finished:
            raise CommandError(_("It goes on, but the time to wait is over."), returncode=3)

    def _start(self, options: dict[str, Any]) -> list[SyncRun]:
        if name := options["connector"]:
            found = Connector.objects.filter(name=name).first()
            if found is None:
                raise CommandError(_("There is no connector called %(name)s.") % {"name": name})
            return services.start_connector_sync(found)
        if wanted := options["group"]:
            groups = {group.group_id: group for group in Group.objects.filter(group_id__in=wanted)}
            if missing := [key for key in wanted if key not in groups]:
                raise CommandError(_("There is no group with the ID %(key)s.") % {"key": missing[0]})
            return [services.start_sync(groups[key]) for key in wanted]
        return services.sync_everything()

    def _tell(self, runs: list[SyncRun], now: Any, *, as_json: bool) -> None:
        names = ("total", "done", "failed", "cancelled", "seen", "created", "changed", "gone")
        told = {"runs": [run.pk for run in runs], "finished": now.finished}
        told |= {name: getattr(now, name) for name in names}
        if as_json:
            self.stdout.write(json.dumps(told))
        else:
            words = _("%(done)d of %(total)d syncs done, %(failed)d failed; %(seen)d seen, %(created)d new")
            self.stdout.write(words % told)

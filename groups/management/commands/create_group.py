"""`manage.py create_group`: a group at Kaizala, through the same service as the form."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from groups.changes import services
from groups.changes.models import GroupChange
from groups.models import Group
from kaizala_admin.connectors.models import Grant
from kaizala_admin.connectors.phones import normal_phone
from kaizala_admin.outbox.models import State

LOOK_EVERY = 0.5  # seconds
OPEN = (State.QUEUED, State.SENDING)


class Command(BaseCommand):
    help = (
        "Creates a group, a public group, or a sub-group of --parent. Only says what it would do unless "
        "--apply is given. Exit code 0: in line (with --wait: created), or it could be; 1: refused, with its "
        "reason; 3: --wait ran out of time, or the answer was lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--welcome", default="", help="the welcome message")
        parser.add_argument("--public", action="store_true", help="a managed public group")
        parser.add_argument("--parent", metavar="ID", help="Kaizala's ID of the group that it hangs below")
        parser.add_argument("--grant", metavar="NAME", help="whose token makes it")
        parser.add_argument("--member", action="append", default=[], metavar="NUMBER", help="again for each")
        parser.add_argument("--apply", action="store_true", help="Ask Kaizala.")
        parser.add_argument("--wait", type=float, metavar="SECONDS", help="for Kaizala's answer")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = self._asked(options)
        if not options["apply"]:
            self._tell({"applied": False, "name": options["name"], "members": asked["numbers"]}, options)
            return
        try:
            change = self._create(options, asked)
        except services.CannotChange as error:
            raise CommandError(str(error)) from error
        ends = time.monotonic() + (options["wait"] or 0)
        while options["wait"] and change.state in OPEN and time.monotonic() < ends:
            time.sleep(LOOK_EVERY)
            change.refresh_from_db()
        told = {"applied": True, "change": change.pk, "name": options["name"], "state": change.state}
        self._tell({**told, "members": asked["numbers"]}, options)
        if change.state == State.FAILED:
            raise CommandError(change.detail or change.reason)
        if options["wait"] and change.state != State.SENT:
            raise CommandError(_("There is no answer yet."), returncode=3)

    def _asked(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the service wants. Raises CommandError for what does not exist or is no number."""
        who: dict[str, Any]
        if options["parent"]:
            if options["public"]:
                raise CommandError(_("A sub-group is never a public group."))
            parent = Group.objects.select_related("tenant").filter(group_id=options["parent"]).first()
            if parent is None:
                raise CommandError(_("There is no group with the ID %(key)s.") % {"key": options["parent"]})
            region, who = parent.tenant.default_region, {"parent": parent}
        else:
            grant = self._grant(options["grant"])
            kind = Group.Type.PUBLIC if options["public"] else Group.Type.GROUP
            region, who = grant.connector.tenant.default_region, {"grant": grant, "group_type": kind}
        try:
            numbers = [normal_phone(number, region) for number in options["member"]]
        except ValidationError as error:
            raise CommandError(error.message) from error
        return {"name": options["name"], "welcome_message": options["welcome"], "numbers": numbers, **who}

    def _grant(self, name: str | None) -> Grant:
        rows = Grant.objects.filter(state=Grant.State.WORKING, connector__is_active=True)
        rows = rows.select_related("connector__tenant")
        found = list((rows.filter(name=name) if name else rows).order_by("pk")[:2])
        if len(found) != 1:
            raise CommandError(_("Name one working grant with --grant."))
        return found[0]

    def _create(self, options: dict[str, Any], asked: dict[str, Any]) -> GroupChange:
        if options["parent"]:
            return services.create_subgroup(**asked)
        return services.create_group(**asked)

    def _tell(self, told: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        count = len(told["members"])
        if not told["applied"]:
            words = _("“%(name)s” would be created with %(count)d people. Nothing was asked; add --apply.")
        else:
            words = _("“%(name)s” with %(count)d people: %(state)s")
        self.stdout.write(words % {**told, "count": count})

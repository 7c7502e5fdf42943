"""`manage.py create_group`: a group at Kaizala, through the same service as the form."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.changes import services
from groups.changes.forms import picture
from groups.changes.models import GroupChange
from groups.changes.services import Picture
from groups.management.waiting import wait
from groups.models import Group
from kaizala_admin.connectors.models import Grant
from kaizala_admin.connectors.phones import normal_phone
from kaizala_admin.outbox.models import State
from kaizala_admin.outbox.words import reason_words

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
        parser.add_argument("--welcome", default="", help="the welcome message; Kaizala wants one")
        parser.add_argument("--public", action="store_true", help="a managed public group")
        parser.add_argument("--parent", metavar="ID", help="Kaizala's ID of the group that it hangs below")
        parser.add_argument(
            "--without-me", action="store_true", help="with --parent: the grant's person does not join it"
        )
        parser.add_argument("--grant", metavar="NAME", help="whose token makes it; not with --parent")
        parser.add_argument("--member", action="append", default=[], metavar="NUMBER", help="again for each")
        parser.add_argument("--picture", type=Path, metavar="FILE", help="a JPEG or PNG file")
        parser.add_argument("--apply", action="store_true", help="Ask Kaizala.")
        parser.add_argument("--wait", type=float, metavar="SECONDS", help="for Kaizala's answer")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of words.")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = self._asked(options)
        told = {"applied": options["apply"], "name": options["name"], "members": asked["numbers"]}
        with transaction.atomic():  # what would be refused is refused in a dry run too, by the same verb
            change = self._create(options, asked)
            transaction.set_rollback(not options["apply"])
        if not options["apply"]:
            self._tell(told, options)
            return
        over = wait(options["wait"], lambda: not self._is_open(change), LOOK_EVERY)
        group = change.other.group_id if change.other else None
        self._tell({**told, "change": change.pk, "state": change.state, "group": group}, options)
        if change.state == State.FAILED:
            raise CommandError(change.detail or reason_words(change.reason))
        if options["wait"] and (not over or change.state != State.SENT):
            raise CommandError(_("There is no answer yet."), returncode=3)

    def _is_open(self, change: GroupChange) -> bool:
        change.refresh_from_db()
        return change.state in OPEN

    def _asked(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the service wants. Raises CommandError for what does not exist or is no number."""
        who: dict[str, Any]
        if options["parent"]:
            if options["public"]:
                raise CommandError(_("A sub-group is never a public group."))
            parent = Group.objects.select_related("tenant").filter(group_id=options["parent"]).first()
            if parent is None:
                raise CommandError(_("There is no group with the ID %(key)s.") % {"key": options["parent"]})
            who = {"parent": parent, "add_caller": not options["without_me"]}
            region = parent.tenant.default_region
        else:
            grant = self._grant(options["grant"])
            kind = Group.Type.PUBLIC if options["public"] else Group.Type.GROUP
            region, who = grant.connector.tenant.default_region, {"grant": grant, "group_type": kind}
        try:
            numbers = [normal_phone(number, region) for number in options["member"]]
        except ValidationError as error:
            raise CommandError(error.message) from error
        picture = self._picture(options["picture"])
        asked = {"name": options["name"], "welcome_message": options["welcome"], "numbers": numbers}
        return {**asked, "picture": picture, **who}

    def _picture(self, file: Path | None) -> Picture | None:
        if file is None:
            return None
        try:
            return picture(file.name, file.read_bytes())
        except OSError as error:
            raise CommandError(_("The file cannot be read: %(why)s") % {"why": error.strerror}) from error
        except ValidationError as error:
            raise CommandError(error.message) from error

    def _grant(self, name: str | None) -> Grant:
        rows = Grant.objects.filter(state=Grant.State.WORKING, connector__is_active=True)
        rows = rows.select_related("connector__tenant")
        found = list((rows.filter(name=name) if name else rows).order_by("pk")[:2])
        if len(found) != 1:
            raise CommandError(_("Name one working grant with --grant."))
        return found[0]

    def _create(self, options: dict[str, Any], asked: dict[str, Any]) -> GroupChange:
        try:
            if options["parent"]:
                return services.create_subgroup(**asked)
            return services.create_group(**asked)
        except services.CannotChange as error:
            raise CommandError(str(error)) from error

    def _tell(self, told: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        people = ngettext("%(n)d person", "%(n)d people", len(told["members"])) % {"n": len(told["members"])}
        if not told["applied"]:
            words = _("“%(name)s” would be created with %(people)s. Nothing was asked; add --apply.")
        else:
            words = _("“%(name)s” with %(people)s: %(state)s")
        self.stdout.write(words % {**told, "people": people})
        if told.get("group"):
            self.stdout.write(_("Its ID is %(group)s.") % told)

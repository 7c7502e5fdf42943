"""A job: something to do, for people named by their numbers, due in some hours (contract 9)."""

from typing import Any

from django.utils.text import Truncator, format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kaizala_admin.kaizala import Job

from .base import ActionKind, Content, ContentForm
from .parts.card import Card
from .parts.fields import LONG, YEAR, Count, Words, hours_words
from .parts.people import People
from .parts.reading import whole, words

HOURS = 24  # Kaizala's default


class JobForm(ContentForm):
    headline = Words(_("What has to be done?"), LONG, rows=3)
    assignees = People(_("Who has to do it?"))
    due_in_hours = Count(_("Due in"), YEAR, _("hours"), initial=HOURS)

    def full_clean(self) -> None:
        people: Any = self.fields["assignees"]
        people.region = self.region
        super().full_clean()


class JobKind(ActionKind):
    key = "job"
    title = _("Job")
    hint = _("Something to do, by a time")
    icon = "task_alt"
    place = 40
    form = JobForm

    def summary(self, content: Content) -> str:
        return Truncator(" ".join(words(content, "headline").split())).chars(60)

    def action(self, content: Content) -> Job:
        return Job(content["headline"], tuple(content["assignees"]), content["due_in_hours"])

    def card(self, content: Content) -> Card:
        hours = hours_words(whole(content, "due_in_hours", HOURS))
        return Card(
            _("Job"),
            title=words(content, "headline"),
            facts=(_assigned(content), format_lazy(_("Due in {time}"), time=hours)),
        )


def _assigned(content: Content) -> str:
    given = content.get("assignees")
    count = len(given if isinstance(given, list) else words(content, "assignees").split())
    return ngettext("For %(n)s person", "For %(n)s people", count) % {"n": f"{count:,}"}


KIND = JobKind()

"""What the console says to Kaizala about an action that was sent: an answer of ours, a reminder."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kaizala_admin.outbox.models import OutboxRow, State

from .actions import LONGEST_TITLE, ActionInstance
from .responses import Response

ANSWERED = "answer from here"  # in the trail


class Answering(OutboxRow):
    """One answer from the console, new or as an edit (operations 19 and 20). Its files go up before it."""

    operation: ClassVar[str] = "post_survey_response"

    instance = models.ForeignKey(
        ActionInstance, models.PROTECT, related_name="answerings", verbose_name=_("action")
    )
    what = models.CharField(_("what"), max_length=LONGEST_TITLE)  # the action's title, for lists of rows
    token = models.CharField(max_length=36, blank=True, default="")  # of the form: it is sent once
    earlier = models.ForeignKey(
        Response, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("edit of")
    )
    answers = models.JSONField(_("answers"), default=dict)  # as in Response.answers; files by their key
    is_completed = models.BooleanField(_("completed"), null=True, blank=True)
    response_id = models.CharField(_("response ID"), max_length=100, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta(OutboxRow.Meta):
        verbose_name = _("answer from the console")
        verbose_name_plural = _("answers from the console")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["token"], condition=~models.Q(token=""), name="one_answer_a_form")
        ]

    def perform(self, client: Any) -> Any:
        from surveys import calls

        return calls.answer(self, client)

    def record(self, result: Any) -> bool:
        from surveys import calls

        if isinstance(result, calls.Brought):
            calls.brought(self, result)
            return False
        calls.answered(self, result)
        return True

    def state_changed(self, state: State) -> None:
        from surveys import calls

        calls.moved(self, state)

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    def title(self) -> str:
        return gettext("Answer to %(action)s") % {"action": self.what}


class Reminder(OutboxRow):
    """One reminder: to the named people, or (`to_all`) to everybody in the group. Never to an empty list."""

    operation: ClassVar[str] = "send_reminder"

    instance = models.ForeignKey(
        ActionInstance, models.PROTECT, related_name="reminders", verbose_name=_("action")
    )
    what = models.CharField(_("what"), max_length=LONGEST_TITLE)
    numbers = models.JSONField(_("numbers"), default=list)
    to_all = models.BooleanField(_("to the whole group"), default=False)
    people = models.PositiveIntegerField(_("people"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta(OutboxRow.Meta):
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-id"]

    def perform(self, client: Any) -> Any:
        from surveys import calls

        return calls.remind(self, client)

    def record(self, result: Any) -> bool:
        return True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    def title(self) -> str:
        return gettext("Reminder of %(action)s") % {"action": self.what}

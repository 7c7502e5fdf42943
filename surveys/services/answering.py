"""Answering from the console: a new answer, or an edit of one, in the name of the grant's own user."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from groups import queries
from kaizala_admin.connectors import clock
from kaizala_admin.connectors.models import Grant
from kaizala_admin.outbox import services as outbox
from kaizala_admin.outbox.models import Lane
from messaging import trail
from surveys.models import Action, ActionInstance, Answering, Response
from surveys.models.asking import ANSWERED


class CannotAnswer(Exception):
    """`str()` says why, for a person."""


def check(instance: ActionInstance) -> Grant:
    """The grant that will answer. Raises CannotAnswer."""
    action = instance.action
    if not instance.is_open(clock.now()) and action.kind != Action.Kind.JOB:
        raise CannotAnswer(_("It has ended, so Kaizala takes no more answers."))
    if action.kind in (Action.Kind.POLL, Action.Kind.MEETING):
        raise CannotAnswer(_("Kaizala takes answers to polls and meetings from phones only."))
    if action.kind == Action.Kind.CUSTOM and not action.package_id:
        raise CannotAnswer(_("The package of this action is not known, so it cannot be answered from here."))
    grant = queries.best_grant(instance.group)
    if grant is None:
        raise CannotAnswer(_("No working grant reaches this group. Check its connector first."))
    return grant


def answer(
    *,
    instance: ActionInstance,
    token: str,
    by: AbstractBaseUser | None,
    answers: Mapping[str, Any] | None = None,
    is_completed: bool | None = None,
    earlier: Response | None = None,
) -> Answering | None:
    """Puts the answer in line. None: this very form was sent before (a double click). Raises CannotAnswer.

    `token` belongs to one form that was shown; `answers` are as in Response.answers. Who gave an anonymous
    answer is kept nowhere, and the answer itself until Kaizala has it.
    """
    grant = check(instance)
    who: Any = None if instance.action.is_anonymous else by
    row = Answering(
        instance=instance,
        token=token,
        what=instance.action.title,
        earlier=earlier,
        answers=dict(answers or {}),
        is_completed=is_completed,
        by=who,
        grant=grant,
        connector=grant.connector,
        lane=Lane.PERSON,
    )
    try:
        with transaction.atomic():
            outbox.post([row])
            trail.note(instance.action, who, ANSWERED, after=token)
    except IntegrityError:
        return None
    return row

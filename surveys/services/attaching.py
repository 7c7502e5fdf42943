"""Files that staff send with an answer: they go into the media library; the answer's row takes them on."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from messaging.media import services as library
from messaging.media.models import MediaFile
from surveys import values
from surveys.models import Action, Question


class NotTaken(Exception):
    """`key` is the question's; `str()` says why, for a person."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def attach(
    *,
    action: Action,
    questions: Sequence[Question],
    uploads: Mapping[str, Sequence[Any]],
    by: AbstractBaseUser | None,
) -> dict[str, Any]:
    """Answers to questions for files: {"q6": [{"file": 12, "name": "well.jpg"}]}. Raises NotTaken.

    Whose files they are is not kept where the action is anonymous.
    """
    who = None if action.is_anonymous else by
    asked = {one.key: one for one in questions}
    return {key: [_one(asked[key], file, who) for file in files] for key, files in uploads.items()}


def _one(question: Question, file: Any, by: AbstractBaseUser | None) -> dict[str, Any]:
    try:
        kept = library.add(name=file.name, file=file, by=by)
    except library.BadFile as error:
        raise NotTaken(question.key, str(error)) from error
    if question.type == values.IMAGE and kept.kind != MediaFile.Kind.IMAGE:
        raise NotTaken(question.key, _("The question asks for a picture: JPG or PNG."))
    return {"file": kept.pk, "name": kept.name}

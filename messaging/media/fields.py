"""The field that holds files of the library, in their order."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from . import looking
from .models import MediaFile


class MediaField(forms.Field):
    """At most `most` files of the kinds `takes`: a list of their keys. `part` draws tiles and the picker."""

    part = "messaging/kinds/parts/media.html"
    widget = forms.MultipleHiddenInput

    def __init__(self, label: Any, takes: Sequence[str], most: int = 1, **more: Any) -> None:
        super().__init__(label=label, **more)
        self.takes, self.most = tuple(takes), most

    @property
    def takes_words(self) -> str:
        return ",".join(self.takes)

    def chosen(self, value: object) -> list[MediaFile]:
        """The files behind what the form holds; what is gone is left out. One query."""
        keys = _keys(value)
        found = looking.files(keys)
        return [found[key] for key in keys if key in found]

    def clean(self, value: Any) -> list[int]:
        keys = _keys(value)
        if not keys and self.required:
            raise ValidationError(looking.wrong(self.takes[0], self.takes), code="required")
        if len(keys) > self.most:
            said = gettext("At most %(most)s files can be here. Take some out.")
            raise ValidationError(said % {"most": f"{self.most:,}"}, code="many")
        there = looking.kinds_of(keys)
        for key in keys:
            if there.get(key) not in self.takes:
                raise ValidationError(looking.wrong(there.get(key), self.takes), code="invalid")
        return keys


def _keys(value: object) -> list[int]:
    """Each once, in their order; what is no key is 0, which no file has."""
    given: Sequence[Any] = value if isinstance(value, list | tuple) else [value] if value else []
    found = [int(one) if str(one).isdecimal() and len(str(one)) < 19 else 0 for one in given]
    return list(dict.fromkeys(found))

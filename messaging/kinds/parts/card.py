"""A card as a phone shows it: plain words in a fixed order, drawn by one template."""

from dataclasses import dataclass

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Option:
    """One thing to choose; `picture` is a media file's key, 0 for none."""

    text: str
    picture: int = 0


@dataclass(frozen=True)
class Asked:
    """A question on a card, its type in words, and its options."""

    title: str
    type: Text
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """What stands on a phone, from top to bottom. `pictures` and `files` are media files' keys."""

    label: Text
    title: str = ""
    text: str = ""
    pictures: tuple[int, ...] = ()
    files: tuple[int, ...] = ()
    facts: tuple[Text, ...] = ()
    options: tuple[Option, ...] = ()
    questions: tuple[Asked, ...] = ()

    @property
    def keys(self) -> set[int]:
        """Every media file on it."""
        return {*self.pictures, *self.files, *(one.picture for one in self.options if one.picture)}

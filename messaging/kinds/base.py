"""What every kind of broadcast can do. A new kind is one more file beside this one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise

from kaizala_admin.kaizala import Action, KaizalaClient, Sent

from .parts.card import Card

Content = Mapping[str, Any]
Pieces = tuple[tuple[int, ...], ...]  # primary keys of media files: each inner tuple is one upload


class ContentForm(forms.Form):
    """What a kind asks for. `region` (two letters): where phone numbers without a country belong."""

    region: str = ""
    use_required_attribute = False  # what is missing is said at its field, in our words

    def typed(self) -> dict[str, Any]:
        """What stands in the form now, right or wrong: for the preview."""
        if not self.is_bound:
            return dict(self.initial)
        _ = self.errors  # cleans it, unless that is done already
        raw = {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
        }
        return {**raw, **self.cleaned_data}


class Kind(ABC):
    """One kind of content. `content` is what its form cleaned; it is stored as JSON with the broadcast."""

    key: ClassVar[str]  # stored with the broadcast
    title: ClassVar[str | Promise]
    hint: ClassVar[str | Promise]  # when to choose it, in a few words
    icon: ClassVar[str]  # a Material symbol
    place: ClassVar[int] = 50  # among the tiles: small ones first
    has_media: ClassVar[bool] = False  # whether `media` may name files
    form: ClassVar[type[forms.Form]]
    fields_template: ClassVar[str]  # draws the form's fields; `form` in its context
    preview_template: ClassVar[str]  # draws it on a phone; `kind`, `content` and `sender` in its context

    @abstractmethod
    def summary(self, content: Content) -> str:
        """The content in one short line."""

    def problem(self, content: Content) -> str:
        """Why the content cannot be sent; "" when it can."""
        checked = self.form(dict(content))
        return "" if checked.is_valid() else " ".join(str(e) for es in checked.errors.values() for e in es)

    def media(self, content: Content) -> Pieces:
        """The files that have to be at Kaizala before this can be sent."""
        return ()

    @abstractmethod
    def send_to_group(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        """One call: everybody in a group (contract, OP 21 and 25)."""

    @abstractmethod
    def send_to_people(
        self, client: KaizalaClient, group_id: str, content: Content, numbers: Sequence[str]
    ) -> Sent:
        """One call: these subscribers of a public group (OP 18 and 22). `numbers` is never empty."""

    @abstractmethod
    def send_to_all(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        """One call: all subscribers of a public group (OP 18 and 22)."""


class ActionKind(Kind):
    """A kind that goes out as an action: its file says what the payload and the card are."""

    fields_template = "messaging/kinds/fields.html"
    preview_template = "messaging/kinds/card_preview.html"

    @abstractmethod
    def action(self, content: Content) -> Action:
        """The payload (contract 9). Where files are needed, `content["resources"]` holds what names them."""

    @abstractmethod
    def card(self, content: Content) -> Card:
        """The card as a phone shows it. Takes unfinished content too, whatever was typed so far."""

    def send_to_group(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        return client.send_action(group_id, self.action(content))

    def send_to_people(
        self, client: KaizalaClient, group_id: str, content: Content, numbers: Sequence[str]
    ) -> Sent:
        return client.send_action_to_subscribers(group_id, self.action(content), mobile_numbers=numbers)

    def send_to_all(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        return client.send_action_to_subscribers(group_id, self.action(content), send_to_all=True)

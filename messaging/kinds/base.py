"""What every kind of broadcast can do. A new kind is one more file beside this one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise

from kaizala_admin.kaizala import KaizalaClient, Sent

Content = Mapping[str, Any]


class Kind(ABC):
    """One kind of content. `content` is what its form cleaned; it is stored as JSON with the broadcast."""

    key: ClassVar[str]  # stored with the broadcast
    title: ClassVar[str | Promise]
    icon: ClassVar[str]  # a Material symbol
    form: ClassVar[type[forms.Form]]
    fields_template: ClassVar[str]  # draws the form's fields; `form` in its context
    preview_template: ClassVar[str]  # draws the content on a phone; `content` and `sender` in its context

    @abstractmethod
    def summary(self, content: Content) -> str:
        """The content in one short line."""

    def problem(self, content: Content) -> str:
        """Why the content cannot be sent; "" when it can."""
        checked = self.form(dict(content))
        return "" if checked.is_valid() else " ".join(str(e) for es in checked.errors.values() for e in es)

    @abstractmethod
    def send_to_group(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        """One call: everybody in a group (contract, OP 21)."""

    @abstractmethod
    def send_to_people(
        self, client: KaizalaClient, group_id: str, content: Content, numbers: Sequence[str]
    ) -> Sent:
        """One call: these subscribers of a public group (OP 18). `numbers` is never empty."""

    @abstractmethod
    def send_to_all(self, client: KaizalaClient, group_id: str, content: Content) -> Sent:
        """One call: all subscribers of a public group (OP 18)."""

"""Subscribing by hand and by rule."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from kaizala_admin.connectors.models import Connector

from . import words
from .models import Rule, Subscription
from .router import EVENT_TYPES
from .sources import SOURCES, Wanted

MOST_OFFERED = 500


class EventTypesField(forms.MultipleChoiceField):
    """Boxes in families."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            choices=words.choices,
            widget=forms.CheckboxSelectMultiple,
            label=gettext_lazy("Events"),
            error_messages={"required": gettext_lazy("Choose at least one event.")},
            **more,
        )


class WithEvents(forms.Form):
    """A form with event boxes, which the template draws in families."""

    def families(self) -> list[tuple[Any, list[tuple[str, Any, bool]]]]:
        """(title, [(value, words, ticked)])."""
        ticked = set(self["event_types"].value() or [])
        return [
            (title, [(value, label, value in ticked) for value, label in options])
            for title, options in words.choices()
        ]


class SubscribeForm(WithEvents):
    """One object. The list of known groups is offered while typing; any other ID may be typed or pasted."""

    connector = forms.ModelChoiceField(
        Connector.objects.filter(is_active=True).select_related("tenant"),
        label=gettext_lazy("Connector"),
        widget=UnfoldAdminSelectWidget(),
        empty_label=None,
    )
    object_type = forms.ChoiceField(
        label=gettext_lazy("Events about"),
        choices=[
            (Subscription.Object.GROUP, gettext_lazy("One group: everything that happens in it")),
            (Subscription.Object.ACTION, gettext_lazy("One survey, poll, job or card that was sent")),
            (Subscription.Object.PACKAGE, gettext_lazy("One action package, in all groups")),
        ],
        widget=UnfoldAdminSelectWidget(),
    )
    object_id = forms.CharField(
        label=gettext_lazy("Its ID at Kaizala"),
        max_length=120,
        help_text=gettext_lazy("Begin to type a group's name, or paste an ID."),
        widget=UnfoldAdminTextInputWidget(attrs={"list": "known-objects", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say what to subscribe to.")},
    )
    event_types = EventTypesField(initial=list(EVENT_TYPES))

    def clean_object_id(self) -> str:
        """An ID; a name that was typed in full is understood too."""
        given: str = self.cleaned_data["object_id"].strip()
        named = [one.object_id for one in known_objects() if one.label == given]
        if len(named) > 1:
            raise forms.ValidationError(_("Several have this name. Choose one from the list."))
        return named[0] if named else given

    def wanted(self) -> Wanted | None:
        """What is known of the chosen object."""
        chosen = self.cleaned_data["connector"], self.cleaned_data["object_id"]
        found = (one for one in _of(chosen[0]) if one.object_id == chosen[1])
        return next(found, None)


def known_objects() -> list[Wanted]:
    """What the form offers: the objects of every source, for each active connector."""
    connectors = Connector.objects.filter(is_active=True).order_by("pk")[:20]
    found = [one for connector in connectors for one in _of(connector)]
    return found[:MOST_OFFERED]


def _of(connector: Connector) -> list[Wanted]:
    return [one for source in SOURCES.values() for one in source.wanted(connector)]


class EventsForm(WithEvents):
    """Other events for a subscription that is there."""

    event_types = EventTypesField()


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """What to subscribe to by itself."""

    source = forms.ChoiceField(
        label=gettext_lazy("Subscribe to"),
        choices=lambda: [(one.key, one.title) for one in SOURCES.values()],
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("Also what comes later. What is gone is ended by itself."),
    )
    event_types = EventTypesField(initial=list(EVENT_TYPES))

    class Meta:
        model = Rule
        fields = ("connector", "source", "event_types", "is_active")

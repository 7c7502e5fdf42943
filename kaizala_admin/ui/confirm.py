"""Ask first, in numbers: one page for everything that cannot be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise

Text = str | Promise
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Confirmation:
    """What will happen. `facts` are (label, number or words); `fields` are posted back with the answer.

    `number` labels a field `typed` that takes a number, for what concerns many; "" shows none.
    `url` is where the answer goes (default: the same address), `tone` is "primary" or "danger".
    """

    title: Text
    question: Text
    button: Text
    cancel_url: str
    facts: Sequence[tuple[Text, object]] = ()
    warnings: Sequence[Text] = ()
    fields: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    number: Text = ""
    url: str = ""
    tone: str = "danger"


def confirmed(request: HttpRequest) -> bool:
    """Whether this request is the answer "yes" to `ask_first`."""
    return request.method == "POST" and request.POST.get(CONFIRMED) == "yes"


def typed_number(request: HttpRequest) -> int | None:
    """What was typed into the field `number`, however its digits are grouped; None when it is no number."""
    digits = ungrouped(request.POST.get("typed", ""))
    return int(digits) if digits.isdecimal() and len(digits) < 16 else None


def ungrouped(typed: str) -> str:
    """The digits, however a person groups them."""
    return "".join(one for one in typed if one not in ",.' \u00a0\u202f")


def ask_first(request: HttpRequest, confirmation: Confirmation) -> TemplateResponse:
    """The page that says what will happen and waits for a yes. Callers check the permission both times."""
    hidden = [
        (name, value)
        for name, values in confirmation.fields.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    context = {
        **admin.site.each_context(request),
        "title": confirmation.title,
        "confirmation": confirmation,
        "hidden": hidden,
        "confirmed_name": CONFIRMED,
    }
    return TemplateResponse(request, "ui/confirm.html", context)


def chosen_rows(request: HttpRequest) -> dict[str, str | Sequence[str]]:
    """For an admin action: the `fields` that bring the same action and rows back after the yes."""
    kept: dict[str, str | Sequence[str]] = {"action": request.POST.get("action", "")}
    kept[ACTION_CHECKBOX_NAME] = request.POST.getlist(ACTION_CHECKBOX_NAME)
    kept["select_across"] = request.POST.get("select_across", "0")
    return kept

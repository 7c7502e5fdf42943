"""Finding people by what a person types: a number in any spelling, or a part of a name."""

import re
from typing import Any

import phonenumbers
from django.db.models import Q

from groups.names import part_of_name
from kaizala_admin.connectors.models import Tenant

_NUMBER = re.compile(r"[\s\d()+./-]{4,}")


def people(text: str, model: type[Any] | None = None) -> Q:
    """A condition on members or subscribers: a number from its start, by index, or any part of a name.

    With `model` (Member, Subscriber) parts of names are found by their index, too.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return part_of_name(model, text) if model else Q(name__icontains=text)
    wanted = Q()
    for start in sorted(number_starts(text)):
        wanted |= Q(mobile_number__gte=start, mobile_number__lt=_after(start))
    return wanted


def number_starts(text: str) -> set[str]:
    """The E.164 beginnings that the typed number may stand for, in each tenant's country."""
    text = re.sub(
        r"^\s*00(?=[1-9])", "+", text
    )  # the commonest way to dial abroad, whatever the country's own
    plain = re.sub(r"[^\d+]", "", text)
    starts = {plain} if plain.startswith("+") else set()
    regions = Tenant.objects.order_by().values_list("default_region", flat=True).distinct()
    for region in sorted({region.upper() for region in regions} or {"IN"}):
        starts |= _starts_in(text, plain, region)
    return starts or {f"+{plain.lstrip('+0')}"}


def _starts_in(text: str, plain: str, region: str) -> set[str]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return set()
    starts = {phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}
    if not plain.startswith(("+", "0")):
        starts.add(f"+{plain}")  # typed with its country code, without the plus
    return starts


def _after(start: str) -> str:
    """The least text after everything that begins with `start`."""
    return start[:-1] + chr(ord(start[-1]) + 1)

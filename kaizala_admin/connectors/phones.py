"""Phone numbers as people type them, and as Kaizala wants them: +, country code, digits (E.164)."""

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def normal_phone(text: str, region: str) -> str:
    """ "098765 43210" in IN becomes "+919876543210". Raises ValidationError in the user's words."""
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValidationError(
            _("This is no phone number. Write it with its country code, for example +91 98765 43210.")
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

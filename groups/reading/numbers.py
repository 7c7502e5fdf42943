"""Phone numbers in any spelling, to one normal form: E.164 (contract 16)."""

import re
from functools import lru_cache
from typing import Any

import phonenumbers
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult


class Problem(models.TextChoices):
    """Why a given number is not used; words for the person who gave it."""

    NONE = "", _("Fine")
    NOT_A_NUMBER = "not_a_number", _("This is not a phone number.")
    TOO_SHORT = "too_short", _("The number has too few digits.")
    TOO_LONG = "too_long", _("The number has too many digits.")
    NO_COUNTRY = "no_country", _("No country has this country code.")
    SHORTENED = "shortened", _("The sheet cut this number short. Format the column as text.")
    DUPLICATE = "duplicate", _("The same number stands in an earlier line.")
    NOT_SUBSCRIBED = "not_subscribed", _("Nobody with this number follows the group.")


_FILLING = re.compile(r"[\s().\-‐-―/\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_PLAIN = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORTENED = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
_WHOLE_FLOAT = re.compile(r"([0-9]{7,15})\.0")
_DIGITS = re.compile(r"[0-9]{10,15}")
_LENGTHS = {
    ValidationResult.TOO_SHORT: Problem.TOO_SHORT,
    ValidationResult.TOO_LONG: Problem.TOO_LONG,
    ValidationResult.INVALID_LENGTH: Problem.TOO_LONG,
    ValidationResult.INVALID_COUNTRY_CODE: Problem.NO_COUNTRY,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: Problem.TOO_SHORT,
}


def normalise(given: str, region: str) -> tuple[str, str]:
    """(E.164 number, "") or ("", problem). `region` (two letters): where numbers without a country belong.

    Accepts spaces, dashes, brackets, a leading apostrophe, 00 for +, other scripts' digits, and a country
    code without its +.
    """
    if _PLAIN.fullmatch(given) and _obviously_fine(given):
        return given, ""
    text = _whole(given.strip().lstrip("'"))
    if _SHORTENED.fullmatch(text):
        return "", Problem.SHORTENED
    plain = _FILLING.sub("", text)
    if _PLAIN.fullmatch(plain) and _obviously_fine(plain):
        return plain, ""
    if _DIGITS.fullmatch(plain) and not plain.startswith("0") and _has_code(plain, text, region):
        text = f"+{plain}"
    return _parse(text, region)


def _has_code(plain: str, text: str, region: str) -> bool:
    """Whether digits without a + begin with a country code: what they are at home goes first.

    Digits that are a landline at home, and one of the country's mobiles with its code, are the mobile.
    """
    if not _valid(f"+{plain}", region):
        return False
    if not _valid(text, region):
        return True
    code = str(phonenumbers.country_code_for_region(region))
    return plain.startswith(code) and _mobile(f"+{plain}", region) and not _mobile(text, region)


def _mobile(text: str, region: str) -> bool:
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.number_type(phonenumbers.parse(text, region)) in kinds


def _valid(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def _whole(text: str) -> str:
    """A sheet gives a number in a cell as 919812345678.0."""
    match = _WHOLE_FLOAT.fullmatch(text)
    return match.group(1) if match else text


def _parse(text: str, region: str) -> tuple[str, str]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        return "", _unread(error.error_type)
    verdict = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
    if verdict != ValidationResult.IS_POSSIBLE and not phonenumbers.is_valid_number(number):
        return "", _LENGTHS.get(verdict, Problem.NOT_A_NUMBER)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), ""


def _unread(error_type: int) -> Problem:
    kinds = phonenumbers.NumberParseException
    return {
        kinds.INVALID_COUNTRY_CODE: Problem.NO_COUNTRY,
        kinds.TOO_SHORT_NSN: Problem.TOO_SHORT,
        kinds.TOO_SHORT_AFTER_IDD: Problem.TOO_SHORT,
        kinds.TOO_LONG: Problem.TOO_LONG,
    }.get(error_type, Problem.NOT_A_NUMBER)


def _obviously_fine(plain: str) -> bool:
    """The short cut that makes 100,000 lines quick: a known country code, and a length that it has."""
    size, lengths, awkward = _code(plain[1:4])
    return len(plain) in lengths and plain[size] not in awkward


@lru_cache(maxsize=1_000)
def _code(digits: str) -> tuple[int, frozenset[int], str]:
    """Where the national number begins, how long the whole may be, what it may not begin with.

    A first digit that may be a trunk prefix after the country code is for the slow way, which knows better.
    """
    for size in (1, 2, 3):
        code = int(digits[:size])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            prefix = getattr(_metadata(code), "national_prefix", None) or "0"
            return 1 + size, frozenset(1 + size + length for length in _lengths(code)), f"0{prefix[0]}"
    return 1, frozenset(), ""


def _metadata(code: int) -> Any:
    region = phonenumbers.region_code_for_country_code(code)
    return phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)


def _lengths(code: int) -> tuple[int, ...]:
    metadata = _metadata(code)
    if metadata is None:
        return ()
    mobile = metadata.mobile.possible_length if metadata.mobile else ()
    return tuple(mobile or (metadata.general_desc.possible_length if metadata.general_desc else ()))

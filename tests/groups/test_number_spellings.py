"""Numbers in any spelling, over 40 countries: the same person is the same number, wrong ones are refused."""

from __future__ import annotations

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from groups.reading.numbers import Problem, normalise

COUNTRIES = [
    "IN",
    "BD",
    "PK",
    "LK",
    "NP",
    "ID",
    "MY",
    "PH",
    "VN",
    "TH",
    "KE",
    "TZ",
    "UG",
    "NG",
    "GH",
    "ZA",
    "ET",
    "EG",
    "MA",
    "SN",
    "BR",
    "MX",
    "CO",
    "PE",
    "AR",
    "CL",
    "US",
    "CA",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "PT",
    "NL",
    "PL",
    "RU",
    "TR",
    "SA",
    "AE",
    "JP",
    "KR",
    "CN",
    "AU",
]
INDIAN_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@st.composite
def mobiles(draw: st.DrawFn) -> tuple[phonenumbers.PhoneNumber, str]:
    """A valid mobile number of one of the countries, and the country."""
    country = draw(st.sampled_from(COUNTRIES))
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    assert example is not None
    text = str(example.national_number)
    tail = draw(st.text("0123456789", min_size=4, max_size=4))
    number = phonenumbers.PhoneNumber(
        country_code=example.country_code, national_number=int(text[:-4] + tail)
    )
    valid = phonenumbers.is_valid_number_for_region(number, country)
    return (number if valid else example), country


def spellings(number: phonenumbers.PhoneNumber) -> list[str]:
    """As people and their programs write it. National ones need the country that the sheet is from."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return [
        e164,
        f"  {e164}\t",
        f"'{e164}",
        international,
        international.replace(" ", "-"),
        international.replace(" ", "\u00a0"),
        international.replace("-", "\u2011"),
        f"\u202a{international}\u202c",
        e164.translate(ARABIC_DIGITS),
        e164.translate(INDIAN_DIGITS),
        f"{e164[1:]}.0",
        national,
        f"({national[:3]}) {national[3:]}" if national[0].isdigit() and national[:3].isdigit() else national,
    ]


@settings(max_examples=800, deadline=None, derandomize=True)
@given(mobiles())
def test_every_spelling_of_a_number_is_the_same_number(one: tuple[phonenumbers.PhoneNumber, str]) -> None:
    number, country = one
    wanted = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    found = {text: normalise(text, country) for text in spellings(number)}
    assert found == dict.fromkeys(found, (wanted, ""))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mobiles(), st.sampled_from(["shorter", "longer", "letters", "no country", "shortened"]))
def test_what_is_no_number_is_refused_with_the_reason(
    one: tuple[phonenumbers.PhoneNumber, str], how: str
) -> None:
    number, country = one
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    given_text, reasons = {
        "shorter": (e164[:5], {Problem.TOO_SHORT, Problem.NOT_A_NUMBER}),
        "longer": (e164 + "0" * 12, {Problem.TOO_LONG, Problem.NOT_A_NUMBER}),
        "letters": ("no phone", {Problem.NOT_A_NUMBER}),
        "no country": ("+999" + e164[1:9], {Problem.NO_COUNTRY, Problem.NOT_A_NUMBER}),
        "shortened": (f"{e164[1]}.{e164[2:6]}E+11", {Problem.SHORTENED}),
    }[how]
    found, problem = normalise(given_text, country)
    assert (found, problem in reasons) == ("", True), (given_text, problem)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=40), st.sampled_from(COUNTRIES))
def test_any_text_gives_a_number_or_a_reason_and_never_both(text: str, country: str) -> None:
    number, problem = normalise(text, country)
    assert bool(number) != bool(problem)
    assert not number or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit())

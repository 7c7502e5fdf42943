"""Names and numbers of people in three countries, in their own scripts."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Script:
    """First and last names that go together."""

    first: tuple[str, ...]
    last: tuple[str, ...]


def _script(first: str, last: str) -> Script:
    return Script(tuple(first.split()), tuple(last.split()))


LATIN_INDIA = _script(
    "Asha Bharti Chitra Farida Ganesh Indira Jyoti Kavita Lakshmi Manoj Nisha Pradeep Rekha Suresh Usha",
    "Patil Sharma Yadav Reddy Naik Kulkarni Das Meena Solanki Gupta Jadhav Verma More Pawar",
)
DEVANAGARI = _script(
    "आशा सुनीता रमेश सुरेश गीता कविता मनोज प्रकाश राधा विजय अनिल मीना संतोष पूजा महेश सावित्री",
    "पाटील शर्मा यादव जाधव वर्मा कुमार देशमुख चौहान मीणा सिंह गायकवाड शिंदे",
)
TAMIL = _script(
    "முருகன் செல்வி கண்ணன் லட்சுமி மீனா குமார் அன்பு தமிழ் வள்ளி சுந்தரம் கவிதா ராஜா",
    "பாண்டியன் சுப்ரமணியம் ராமசாமி நடராஜன் வேலு கோவிந்தன் பழனி ஆறுமுகம்",
)
BENGALI = _script(
    "অনিমা সুমন রহিমা কাজল রুমা তপন শিউলি বিকাশ মিতা",
    "দাস মণ্ডল সরকার বিশ্বাস ঘোষ পাল",
)
SWAHILI = _script(
    "Amani Baraka Zawadi Juma Furaha Imani Jabali Makena Njeri Wanjiku Otieno Achieng Kiptoo Chebet Mwikali",
    "Odhiambo Kamau Mwangi Wekesa Kipchoge Mutua Njoroge Wafula Cheruiyot Onyango Karimi Barasa Muthoni",
)
ARABIC = _script(
    "أحمد فاطمة محمد عائشة عمر خديجة علي زينب يوسف مريم سالم حليمة",
    "عبدالله حسن شريف بكر عثمان صالح العمودي باوزير",
)
PORTUGUESE = _script(
    "Ana João Márcia Conceição Antônio Luíza Sebastião Fátima Raimundo Inês Caetano Vitória Davi Íris Zélia",
    "Silva Gonçalves Araújo Conceição Nascimento Falcão Magalhães Rocha Assunção Guimarães Simões Lima",
)


@dataclass(frozen=True)
class Country:
    """A country's scripts with weights, and its mobile numbers: `+` code, prefix, then `free` digits."""

    code: str
    name: str
    scripts: tuple[tuple[Script, int], ...]
    prefixes: tuple[str, ...]
    free: int


INDIA = Country(
    "IN",
    "India",
    ((DEVANAGARI, 45), (LATIN_INDIA, 25), (TAMIL, 18), (BENGALI, 12)),
    ("+9198", "+9194", "+9197", "+9199", "+9190", "+9188"),
    8,
)
KENYA = Country(
    "KE",
    "Kenya",
    ((SWAHILI, 85), (ARABIC, 15)),
    ("+25470", "+25471", "+25472", "+25474", "+25479"),
    7,
)
BRAZIL = Country(
    "BR",
    "Brazil",
    ((PORTUGUESE, 100),),
    ("+55719", "+55819", "+55859", "+55919", "+55629"),
    8,
)
COUNTRIES = (INDIA, KENYA, BRAZIL)
WEIGHTS = (50, 30, 20)
_STEP = 61_803_399


def number_of(country: Country, index: int, shift: int) -> str:
    """Return the number of the index-th person of a country; no two indices give the same one.

    Each prefix has `10 ** free` numbers; a step without a common divisor with 10 spreads them without
    repetition.
    """
    room = 10**country.free
    prefix = country.prefixes[index % len(country.prefixes)]
    line = (index // len(country.prefixes) * _STEP + shift) % room
    return f"{prefix}{line:0{country.free}d}"


def name_in(country: Country, chance: Random) -> str:
    """Return a first and a last name in one of the country's scripts."""
    scripts = [script for script, _ in country.scripts]
    weights = [weight for _, weight in country.scripts]
    script = chance.choices(scripts, weights)[0]
    return f"{chance.choice(script.first)} {chance.choice(script.last)}"

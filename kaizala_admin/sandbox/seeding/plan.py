"""The groups of the organisation: a programme for health and farming in India, Kenya and Brazil."""

from __future__ import annotations

from dataclasses import dataclass, field

TENANT = "Harvest & Health Alliance"
ROOT = "Harvest & Health Alliance – all field staff"

PLACES: dict[str, dict[str, tuple[str, ...]]] = {
    "India": {
        "पुणे ज़िला · Pune district": ("Shirur wheat growers", "जुन्नर महिला समूह", "Baramati dairy co-operative"),
        "மதுரை மாவட்டம் · Madurai": ("மேலூர் விவசாயிகள்", "Usilampatti clinics", "Vadipatti seed keepers"),
        "Nadia district · নদিয়া": ("Krishnanagar fish farmers", "শান্তিপুর স্বাস্থ্যকর্মী", "Ranaghat rice growers"),
        "Udaipur district": ("Gogunda goat keepers", "Kotra health workers", "Salumbar maize growers"),
    },
    "Kenya": {
        "Kisumu county": ("Ahero rice scheme", "Kondele mothers' group", "Muhoroni cane growers"),
        "Kilifi county": ("Malindi – مجموعة الصحة", "Kaloleni cassava growers", "Ganze water committee"),
        "Nakuru county": ("Molo potato growers", "Naivasha clinics", "Njoro beekeepers"),
        "Bungoma county": ("Kimilili coffee growers", "Webuye community nurses", "Chwele market women"),
    },
    "Brazil": {
        "Bahia – Recôncavo": (
            "Cachoeira – mandioca",
            "Maragogipe – pescadoras",
            "Santo Amaro – agentes de saúde",
        ),
        "Pernambuco – Agreste": ("Caruaru – feirantes", "Garanhuns – leite", "Bezerros – postos de saúde"),
        "Ceará – Cariri": ("Crato – milho e feijão", "Juazeiro – saúde da família", "Barbalha – cana"),
        "Pará – Baixo Amazonas": ("Santarém – farinha", "Óbidos – castanheiros", "Alenquer – parteiras"),
    },
}
# A topic's children are villages of several countries, so these have two parents or more.
TOPICS: dict[str, tuple[str, ...]] = {
    "Vaccination drives": (
        "Kotra health workers",
        "Webuye community nurses",
        "Bezerros – postos de saúde",
        "Naivasha clinics",
    ),
    "Seed trials 2026": (
        "Vadipatti seed keepers",
        "Ahero rice scheme",
        "Crato – milho e feijão",
        "Salumbar maize growers",
    ),
    "Women's co-operatives": (
        "जुन्नर महिला समूह",
        "Kondele mothers' group",
        "Maragogipe – pescadoras",
        "Chwele market women",
    ),
}
# Name, and the share of all people who subscribe; the last one is a pilot of a few dozen.
PUBLIC: tuple[tuple[str, float], ...] = (
    ("Farm & Family Weekly", 0.80),
    ("Weather and market prices", 0.30),
    ("Mother and child health – माँ और शिशु", 0.15),
    ("Maji safi – water and hygiene", 0.11),
    ("Crop insurance pilot", 0.0),
)
PILOT = 36
# The seeded administrator is a plain member of the first and only reads the second.
NOT_ADMIN_OF = ("Juazeiro – saúde da família", "Maji safi – water and hygiene")
# The seeded user is admin of this one alone, and a member of others.
OFFICERS_GROUP = "Kenya programme"


@dataclass
class PlannedGroup:
    """A group to be made; `size` is the number of members, `share` that of subscribers of all people."""

    name: str
    welcome: str
    parents: list[str] = field(default_factory=list)
    size: int = 0
    public: bool = False
    share: float = 0.0


def plan() -> list[PlannedGroup]:
    """Return every group, parents before children.

    Sizes between 5 and about 500, before the limit of the people.
    """
    groups = [PlannedGroup(ROOT, "News for everybody who works in the field.", size=480)]
    groups += [PlannedGroup(topic, f"Everything about: {topic}.", [ROOT], 90) for topic in TOPICS]
    for country, districts in PLACES.items():
        groups.append(PlannedGroup(f"{country} programme", f"Welcome to the {country} team.", [ROOT], 260))
        for district, villages in districts.items():
            groups.append(
                PlannedGroup(district, f"District team of {district}.", [f"{country} programme"], 60)
            )
            groups += [_village(village, district) for village in villages]
    for name, share in PUBLIC:
        groups.append(
            PlannedGroup(name, f"Thank you for following {name}.", size=6, public=True, share=share)
        )
    return groups


def _village(name: str, district: str) -> PlannedGroup:
    topics = [topic for topic, villages in TOPICS.items() if name in villages]
    return PlannedGroup(name, f"Welcome, {name}!", [district, *topics])

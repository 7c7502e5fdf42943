"""Plausible answers, in the language of the person's country."""

from __future__ import annotations

from random import Random
from typing import Any

from kaizala_admin.sandbox.attachments import sample_photo
from kaizala_admin.sandbox.world import World

TEXTS = {
    "IN": ("सब ठीक है", "Yes, received", "कल तक हो जाएगा", "நன்றி", "The rains came late here", "ঠিক আছে"),
    "KE": (
        "Asante sana",
        "Tunahitaji mbegu zaidi",
        "All is well in our ward",
        "Mvua imechelewa",
        "شكرا جزيلا",
    ),
    "BR": ("Tudo certo por aqui", "Precisamos de mais mudas", "Obrigada!", "A chuva ainda não chegou"),
    "": ("Thank you", "All is well"),
}
POINTS = {
    "IN": (18.52, 73.86, "Pune"),
    "KE": (-0.09, 34.77, "Kisumu"),
    "BR": (-12.6, -38.96, "Cachoeira"),
    "": (0.0, 0.0, ""),
}
DAY = 86_400


def answer_question(world: World, question: dict[str, Any], country: str, chance: Random) -> Any:
    """Return an answer to one question in the shape that a client posts; None when it is left out."""
    kind = question["type"]
    titles = [option["title"] for option in question["options"]]
    if kind == "SingleOption":
        return chance.choice(titles)
    if kind == "MultiOption":
        return chance.sample(titles, chance.randint(1, len(titles)))
    if kind == "Numeric":
        return float(chance.choice((0, 1, 2, 3, 4, 5, 8, 10, 12, 20, 25, 40)))
    if kind == "DateTime":
        return int(world.clock.now() - chance.randrange(14 * DAY))
    if kind == "Location":
        return spot(country, chance)
    if kind in ("Image", "AttachmentList"):
        return sample_photo(world)
    if kind == "PhoneNumber":
        return {"cc": "91", "pn": f"98{chance.randrange(10**8):08d}"}
    return chance.choice(TEXTS.get(country, TEXTS[""]))


def spot(country: str, chance: Random) -> dict[str, Any]:
    """Return a place near the person's region, as `{lt, lg, n}`."""
    latitude, longitude, name = POINTS.get(country, POINTS[""])
    shift = chance.uniform(-0.2, 0.2)
    return {"lt": round(latitude + shift, 5), "lg": round(longitude - shift, 5), "n": name}

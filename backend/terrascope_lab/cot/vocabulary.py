# ruff: noqa: E501 - tables of words: one row a line reads best
"""What the labels of Terra-CoT are called in questions: everyday words, singular (or mass nouns) and plural."""

from __future__ import annotations

import random

from terrascope.landcover.words import WORDS

#: Words of the labels that are no class of the embedded model.
EXTRA: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "mangroves": (("mangrove forest", "mangrove", "mangrove swamp", "mangrove cover"), ("mangroves", "mangrove stands")),
    "moss": (("moss and lichen", "moss", "tundra vegetation", "lichen cover"), ("mosses and lichens",)),
    "broadleaf forest": (("broadleaf forest", "deciduous forest", "broad-leaved woodland"), ("broadleaf forests", "broad-leaved woods")),
    "conifer forest": (("conifer forest", "coniferous forest", "needleleaf forest", "pine and spruce forest"), ("conifer forests", "coniferous woods")),
    "mixed forest": (("mixed forest", "mixed woodland"), ("mixed forests", "mixed woods")),
    "urban fabric": (("urban fabric", "residential land", "town", "housing area"), ("residential areas", "towns", "houses")),
    "industrial units": (("industrial land", "industrial or commercial land", "commercial area"), ("industrial areas", "industrial units", "commercial zones")),
    "arable land": (("arable land", "farmland", "ploughed land", "tilled land"), ("arable fields", "crop fields", "fields")),
    "permanent crops": (("land under permanent crops", "orchard land", "vineyard land"), ("orchards and vineyards", "permanent crops", "vineyards", "orchards")),
    "pastures": (("pasture", "grazing land", "pastureland"), ("pastures", "meadows for grazing")),
    "complex cultivation": (("complex cultivation", "a patchwork of small plots", "mixed farmland"), ("complex cultivation patterns", "small mixed plots")),
    "natural farmland": (("farmland mixed with natural vegetation", "semi-natural farmland"), ("farm areas with natural vegetation",)),
    "agro-forestry": (("agro-forestry land", "agro-forestry", "wood pasture"), ("agro-forestry areas",)),
    "natural grassland": (("natural grassland", "sparsely vegetated land"), ("natural grasslands", "sparsely vegetated areas")),
    "heathland": (("heathland", "moorland", "heath"), ("moors and heaths", "heathlands")),
    "woodland shrub": (("transitional woodland", "woodland shrub", "young forest"), ("transitional woods", "shrubby woods")),
    "sands": (("sand", "beach", "dune sand"), ("beaches", "dunes", "sandy areas")),
    "inland wetlands": (("inland wetland", "inland marsh", "peat bog"), ("inland wetlands", "inland marshes", "bogs")),
    "coastal wetlands": (("coastal wetland", "salt marsh", "tidal flat"), ("coastal wetlands", "salt marshes")),
    "inland waters": (("inland water", "lake or river", "freshwater"), ("inland waters", "lakes and rivers")),
    "marine waters": (("sea", "sea water", "marine water", "ocean"), ("marine waters",)),
    "rangeland": (("rangeland", "grazing range", "open grass and shrub land"), ("rangelands", "open grazing lands")),
    "burned area": (("burned area", "burn scar", "burnt land", "fire scar", "burned ground"), ("burned areas", "burn scars", "burnt patches")),
    "forest": (("forest", "woodland", "tree cover", "forested land"), ("forests", "woods", "trees")),
    "deforested land": (("land without forest", "non-forest land", "cleared land"), ("areas without forest", "clearings")),
    "land": (("dry land", "land"), ("land areas", "dry areas")),
    "destroyed buildings": (("destroyed building", "destroyed house"), ("destroyed buildings", "destroyed houses", "buildings in ruins")),
    "damaged buildings": (("damaged building", "damaged house"), ("damaged buildings", "damaged houses")),
    "intact buildings": (("intact building", "undamaged building"), ("intact buildings", "undamaged buildings", "buildings without damage")),
}  # fmt: skip

#: Only the first so many words of a class are used: those further back are narrower than the class.
_SINGLES, _PLURALS = 12, 9
#: Words that name only part of a class, or something else where the class is not split as it is in the vision labels.
_NARROW = frozenset(
    {"blue area", "flood water", "floodwater", "floodwaters", "tree", "mangrove", "green", "tank", "desert"}
)


def words_of(label: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a label is called: singular or mass nouns, and plurals; the label itself where nothing is known."""
    single, plural = EXTRA.get(label) or WORDS.get(label) or ((label,), (label,))
    return (
        tuple(word for word in single[:_SINGLES] if word not in _NARROW),
        tuple(word for word in plural[:_PLURALS] if word not in _NARROW),
    )


def is_plural(label: str) -> bool:
    """Whether a label takes a plural verb: "trees cover", "grass covers"."""
    return label.endswith("s") and not label.endswith("ss")


def draw(label: str, rng: random.Random) -> tuple[str, str]:
    """Return a singular and a plural word for a label; now and then the label itself for both."""
    if rng.random() < 0.25:
        return label, label
    single, plural = words_of(label)
    return rng.choice(single), rng.choice(plural)

"""Words for the land-cover classes: the labels that the embedded model writes, and what people call them.

A *label* is what stands before a [SEG] in the embedded model's reasoning ("trees"); `LABELS` gives its atoms. `WORDS`
lists everyday words for each label, `FOREIGN_WORDS` class nouns of other languages. A word belongs to one label only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

LABELS: dict[str, frozenset[str]] = {
    "water": frozenset({"water"}),
    "trees": frozenset({"tree"}),
    "grass": frozenset({"grass"}),
    "cropland": frozenset({"crop"}),
    "shrubs": frozenset({"shrub"}),
    "bare land": frozenset({"bare"}),
    "buildings": frozenset({"building"}),
    "roads": frozenset({"road"}),
    "built-up area": frozenset({"building", "road", "built"}),
    "wetland": frozenset({"wetland"}),
    "snow": frozenset({"snow"}),
    "clouds": frozenset({"cloud"}),
    "vegetation": frozenset({"tree", "grass", "crop", "shrub", "wetland"}),
    "open land": frozenset({"grass", "crop", "shrub", "bare"}),
}

#: Singular and mass nouns, then plurals, by label.
WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "water": (
        ("water", "open water", "surface water", "water surface", "lake", "river", "pond", "reservoir", "stream", "creek",
         "sea", "ocean", "lagoon", "canal", "bay", "inlet", "estuary", "water body", "waterbody", "body of water",
         "standing water", "water area", "waterway", "harbour", "permanent water", "blue area", "lake water",
         "river water", "sea water", "flood water", "floodwater", "dam lake", "freshwater", "fjord", "brook", "channel",
         "river channel", "water cover", "inland water", "oxbow", "shallows", "coastal water", "loch", "tarn", "billabong", "watercourse", "rivulet", "seawater", "backwater", "bayou", "firth", "ditch", "puddle", "surface waters"),
        ("lakes", "rivers", "ponds", "reservoirs", "streams", "water bodies", "waterbodies", "bodies of water", "canals",
         "lagoons", "waterways", "water areas", "waters", "rivers and lakes", "lakes and ponds", "creeks",
         "water surfaces", "water features", "floodwaters", "river channels", "pools of water", "water patches", "watercourses", "rivulets",
         "ditches", "puddles", "lochs", "bays"),
    ),
    "trees": (
        ("forest", "woodland", "tree cover", "forest cover", "wood", "jungle", "rainforest", "tree canopy", "canopy",
         "grove", "dense forest", "forested area", "wooded area", "tree", "timber", "pine forest", "forest area",
         "copse", "spinney", "thick forest", "tree belt", "broadleaf forest", "conifer forest", "tropical forest", "woodland cover", "tree-covered land", "forested land",
         "woody area", "forest land", "mangrove", "mangrove forest", "plantation forest", "coppice", "woodlot", "taiga", "tree stand",
         "tree-covered area", "old forest"),
        ("woods", "trees", "forests", "woodlands", "groves", "tree stands", "wooded areas", "forested areas",
         "forest patches", "tree patches", "stands of trees", "patches of forest", "mangroves", "rainforests", "conifers", "treetops",
         "woodlots", "copses", "jungles"),
    ),
    "grass": (
        ("grass", "grassland", "pasture", "meadow", "lawn", "grazing land", "pastureland", "prairie", "grassy area",
         "rangeland", "steppe", "savanna", "grass cover", "grassy land", "green lawn", "hay meadow", "turf",
         "herbaceous vegetation", "herbaceous cover", "paddock", "grazing", "grazing ground", "hayfield", "pampas", "veld", "pasture land",
         "savannah", "sward", "hay"),
        ("meadows", "pastures", "grasslands", "lawns", "grassy areas", "grass areas", "grazing areas", "paddocks",
         "grass patches", "prairies", "grassy patches", "grasses", "rangelands", "savannas", "savannahs", "hayfields"),
    ),
    "cropland": (
        ("cropland", "farmland", "agriculture", "farm land", "agricultural land", "cultivated land", "arable land",
         "crop", "crop cover", "farming land", "field", "crop field", "farm field", "tilled land", "agricultural area",
         "cultivated area", "plough land", "ploughed land", "rice paddy", "agricultural field", "farmed land", "farm",
         "crop area", "irrigated land", "arable", "agricultural fields area", "orchard", "vineyard", "plantation", "ploughland",
         "tillage", "arable farmland", "cultivated cropland", "cultivated terrain", "farmed area", "plowed land", "farming area",
         "cultivated terrestrial vegetation", "cultivated vegetation", "cropland area", "agricultural field area", "ploughed soil", "paddy",
         "market garden", "agricultural use", "cultivation", "allotment"),
        ("fields", "crops", "crop fields", "farm fields", "farms", "agricultural fields", "farmlands", "croplands",
         "cultivated fields", "agricultural areas", "rice paddies", "paddy fields", "rice fields", "wheat fields",
         "ploughed fields", "farm plots", "agricultural plots", "plantations", "crop parcels", "planted fields",
         "orchards", "vineyards", "paddies", "allotments", "ploughed plots", "cropped fields"),
    ),
    "shrubs": (
        ("shrub", "scrub", "bush", "shrubland", "bushland", "scrubland", "heath", "brush", "chaparral", "heathland",
         "maquis", "shrub cover", "thicket", "shrubby vegetation", "shrubby land", "scrub vegetation", "moorland", "undergrowth", "brushland",
         "garrigue", "brushwood",
         "low bushes area"),
        ("shrubs", "bushes", "shrublands", "thickets", "scrub areas", "shrub areas", "shrubby areas", "shrub patches"),
    ),
    "bare land": (
        ("bare land", "bare soil", "bare ground", "sand", "desert", "barren land", "soil", "rock", "bare rock", "dirt",
         "barren ground", "exposed soil", "bare surface", "beach", "gravel", "bare earth", "sandy area", "barren area",
         "naked soil", "sandy ground", "bare area", "sparse land", "earth", "rocky ground", "wasteland",
         "unvegetated land", "bare terrain", "mud flat", "dry soil", "mine pit", "quarry", "sand dune", "bedrock", "natural bare surface", "scree", "sandbank", "clay", "dust", "badland",
         "natural bare ground", "sandy beach", "sandy land", "shingle", "salt flat", "bare rock area", "sand flat", "sandy soil", "exposed rock", "exposed ground",
         "open soil", "stony ground", "dune", "gravel pit"),
        ("dunes", "sand dunes", "rocks", "bare areas", "barren areas", "bare patches", "beaches", "bare surfaces", "natural bare surfaces",
         "sandbanks", "sand bars", "bare soils", "deserts", "barren lands", "sandy patches", "mudflats", "sands", "quarries", "stones",
         "pebbles", "bare spots", "sandy places", "sandy parts"),
    ),
    "buildings": (
        ("building", "house", "home", "roof", "rooftop", "building footprint", "housing", "built structure", "warehouse",
         "apartment block", "residential building", "commercial building", "industrial building", "dwelling", "villa",
         "factory building", "shed", "barn", "cottage", "hut", "cabin", "farmhouse", "bungalow", "hangar", "skyscraper", "tower block",
         "block of flats", "mansion", "chalet", "residence", "shack", "farm building", "office building", "outbuilding"),
        ("buildings", "houses", "homes", "roofs", "rooftops", "structures", "building footprints", "residential buildings",
         "apartment blocks", "dwellings", "warehouses", "commercial buildings", "villas", "skyscrapers", "urban buildings",
         "barns", "cottages", "huts", "cabins", "sheds", "farmhouses", "built structures", "hangars", "tower blocks", "mansions", "chalets",
         "residences", "shacks", "farm buildings", "office buildings", "outbuildings", "bungalows"),
    ),
    "roads": (
        ("road", "street", "highway", "motorway", "road network", "road surface", "paved road", "dirt road", "avenue",
         "asphalt", "track", "road corridor", "lane", "freeway", "tarmac", "expressway", "roadway", "carriageway", "paved surface", "road area", "dual carriageway", "thoroughfare", "bypass", "ring road",
         "country lane", "country road"),
        ("roads", "streets", "highways", "motorways", "road corridors", "tracks", "lanes", "avenues", "paved roads",
         "main roads", "freeways", "roadways", "dirt roads", "road networks", "thoroughfares", "country lanes", "country roads"),
    ),
    "built-up area": (
        ("built-up area", "urban area", "town", "city", "village", "settlement", "built up land", "built-up land",
         "urban land", "developed area", "developed land", "artificial surface", "urban fabric", "built-up surface",
         "residential area", "built-up", "urban cover", "city area", "impervious surface", "concrete", "sealed surface",
         "industrial area", "urbanized area", "suburb", "neighbourhood", "settled area", "urban zone", "built area",
         "built environment", "urban", "human settlement", "downtown", "pavement", "infrastructure", "hamlet", "neighborhood", "township", "metropolis",
         "urban land cover", "housing estate", "small town", "major city", "inhabited area", "paved area", "conurbation", "townscape",
         "urban centre", "urban center", "town centre", "city centre", "sealed land", "sealed ground", "built land", "slum"),
        ("towns", "settlements", "villages", "cities", "urban areas", "built-up areas", "developed areas",
         "residential areas", "artificial surfaces", "impervious surfaces", "sealed surfaces", "suburbs",
         "built up areas", "hamlets", "urban zones", "small towns", "neighbourhoods", "neighborhoods", "built-up zones", "minor settlements", "populated areas",
         "conurbations", "urban centres", "slums", "sealed areas", "human settlements", "urban spaces"),
    ),
    "wetland": (
        ("wetland", "marsh", "swamp", "bog", "fen", "marshland", "wetland vegetation", "peatland", "reed bed", "mire",
         "swampy area", "marshy area", "marshy land", "salt marsh", "herbaceous wetland", "wet meadow", "swampland", "marshy ground", "swampy ground", "boggy ground",
         "bogland", "morass", "quagmire", "peat bog", "wet ground", "waterlogged ground", "waterlogged land", "swamp land", "slough"),
        ("wetlands", "marshes", "swamps", "bogs", "reed beds", "wetland areas", "wetland patches", "marshy areas",
         "peatlands", "salt marshes", "reeds", "fens", "mires", "marshlands", "wet meadows", "peat bogs", "swamplands"),
    ),
    "snow": (
        ("snow", "ice", "snow cover", "glacier", "snow and ice", "snowfield", "ice cover", "snowpack",
         "snow-covered land", "snow covered area", "frozen area", "permanent snow", "ice cap", "icecap", "ice sheet", "snow cap", "snowcap",
         "snowdrift", "frost", "firn"),
        ("glaciers", "snowfields", "snow patches", "snowy areas", "ice fields", "snow-covered areas", "ice caps", "ice sheets", "snowdrifts", "snows"),
    ),
    "clouds": (
        ("cloud", "cloud cover", "haze", "fog", "overcast", "cloudiness", "clouded area", "cloudy area", "mist",
         "cloud layer", "white cloud", "cloud bank", "fog bank"),
        ("clouds", "cloud patches", "cloudy areas", "clouded pixels", "clouds and haze", "cloudy pixels", "cloud banks"),
    ),
    "vegetation": (
        ("vegetation", "greenery", "green area", "green space", "vegetated area", "vegetated land", "vegetation cover",
         "plant cover", "green land", "green cover", "plant life", "flora", "green vegetation", "natural vegetation",
         "natural terrestrial vegetation", "green", "leafy area", "vegetated surface", "green stuff", "plant matter", "plant growth", "foliage", "verdure", "plantlife"),
        ("green areas", "green spaces", "plants", "vegetated areas", "green patches", "vegetated surfaces"),
    ),
    "open land": (
        ("open land", "open space", "open ground", "undeveloped land", "open area", "open terrain", "free land",
         "vacant land", "unbuilt land", "open country"),
        ("open areas", "open spaces", "undeveloped areas", "vacant areas", "open fields area"),
    ),
}  # fmt: skip

FOREIGN_WORDS: dict[str, tuple[str, ...]] = {
    "water": ("wasser", "see", "fluss", "gewässer", "teich", "eau", "lac", "rivière", "plan d'eau", "étang", "agua", "lago",
              "río", "cuerpo de agua", "água", "rio", "lagoa", "seen", "flüsse", "lacs", "rivières", "lagos", "ríos", "acqua", "fiume"),
    "trees": ("wald", "bäume", "wälder", "gehölz", "forêt", "arbres", "bois", "bosque", "árboles", "selva", "floresta",
              "árvores", "mata", "forêts", "bosques", "baum", "foresta", "bosco"),
    "grass": ("gras", "wiese", "grünland", "weide", "wiesen", "weiden", "herbe", "prairies", "prairie", "pâturage", "hierba", "pasto",
              "pradera", "pastizal", "relva", "pastagem", "gramado", "césped"),
    "cropland": ("ackerland", "acker", "felder", "landwirtschaft", "feld", "terres agricoles", "champs", "cultures",
                 "terres cultivées", "cultivos", "campos", "tierra de cultivo", "tierras agrícolas", "lavoura", "culturas",
                 "área agrícola", "plantações", "ackerfläche", "ackerflächen", "äcker"),
    "shrubs": ("gebüsch", "sträucher", "büsche", "buissons", "arbustes", "broussailles", "arbustos", "matorral", "mato"),
    "bare land": ("boden", "kahle fläche", "sandfläche", "offener boden", "wüste", "sol nu", "terre nue", "sable",
                  "suelo desnudo", "arena", "desierto", "solo exposto", "areia", "fels"),
    "buildings": ("gebäude", "häuser", "haus", "dächer", "bâtiments", "maisons", "bâtiment", "edificios", "casas",
                  "edificio", "edifícios", "prédios", "toits", "techos"),
    "roads": ("straße", "straßen", "strasse", "strassen", "wege", "routes", "rues", "carreteras", "calles", "caminos",
              "estradas", "ruas", "autobahn", "chemins"),
    "built-up area": ("siedlung", "stadt", "bebauung", "siedlungsfläche", "dorf", "ville", "zone urbaine", "zone bâtie",
                      "agglomération", "ciudad", "zona urbana", "área urbana", "pueblo", "cidade", "área construída",
                      "bebaute fläche", "village bâti", "zona edificada", "siedlungen", "städte"),
    "wetland": ("feuchtgebiet", "sumpf", "moor", "feuchtgebiete", "zone humide", "marais", "zones humides", "humedal",
                "pantano", "humedales", "brejo", "pântano", "área úmida"),
    "snow": ("schnee", "eis", "gletscher", "neige", "glace", "nieve", "hielo", "neve", "gelo"),
    "clouds": ("wolken", "bewölkung", "wolke", "nuages", "nubes", "nuvens", "nuage"),
    "vegetation": ("vegetation insgesamt", "grünfläche", "grünflächen", "pflanzen", "végétation", "espaces verts", "vegetación",
                   "áreas verdes", "zonas verdes", "vegetação", "bewuchs"),
}  # fmt: skip


#: Words that tell of a class without naming it.
CUES: dict[str, tuple[str, ...]] = {
    "trees": ("wooded", "forested", "tree-covered", "tree covered", "deforested", "deforestation", "reforested", "logging", "logged", "treeless", "tree-lined", "felled", "afforested", "woody"),
    "cropland": ("farmed", "cultivated", "ploughed", "plowed", "tilled", "sown", "under the plough", "farming", "ploughing", "agricultural", "cropped"),
    "grass": ("grassy", "grazed"),
    "bare land": ("sandy", "barren", "rocky", "bare", "unvegetated", "stony"),
    "buildings": ("roofed",),
    "roads": ("paved", "asphalted", "tarmacked"),
    "built-up area": (
        "inhabited", "populated", "settled", "uninhabited", "urbanised", "urbanized", "built on", "built over", "built up",
        "something built", "anything built", "people live", "people living", "anybody living", "anyone living", "anybody live",
        "anyone live", "concreted over", "paved over",
        "urbanisation", "urbanization", "urban sprawl", "urban growth",
    ),
    "wetland": ("swampy", "marshy", "boggy"),
    "snow": ("snowy", "icy", "snow-covered", "snowed in"),
    "clouds": ("cloudy", "hazy", "cloudless", "clouded", "clouded over", "cloud-free", "foggy"),
    "vegetation": ("vegetated", "leafy", "greener", "greenest", "overgrown", "plant-covered", "plant covered", "browner"),
    "shrubs": ("bushy", "scrubby", "shrubby"),
    "water": ("watery", "waterfront", "lakeside", "riverside", "shore", "lakeshore", "riverbank", "shoreline", "coastline", "waterside", "river bank", "water's edge"),
}  # fmt: skip
#: Words that mean a whole class, so that an answer may take them over from a question; the plurals apart. Others mean a
#: part of it ("lakes", "mangroves", "beach"), which a mask of the class does not show.
MASS_WORDS = frozenset({
    "forest", "woodland", "tree cover", "forest cover", "farmland", "agriculture", "agricultural land", "arable land",
    "cultivated land", "grassland", "pasture", "scrub", "shrubland", "bushland", "scrubland", "bare soil", "bare ground", "barren land",
    "snow and ice", "greenery", "green space", "marshland", "cloud cover", "open water", "surface water", "urban land", "urban area",
    "developed land", "open space", "plant cover", "snow cover",
})  # fmt: skip
WHOLE_PLURALS = frozenset({
    "woods", "forests", "woodlands", "fields", "crops", "croplands", "farmlands", "meadows", "pastures", "grasslands", "bushes",
    "shrublands", "houses", "homes", "roofs", "rooftops", "structures", "streets", "settlements", "urban areas", "built-up areas",
    "developed areas", "wetlands", "marshes", "cloudy areas", "plants", "green areas", "green spaces", "vegetated areas", "open areas",
    "open spaces", "water bodies", "waterbodies", "bodies of water", "bare areas", "agricultural areas", "agricultural fields",
})  # fmt: skip
#: Words of other languages that are English words of another meaning; they count only in a text that is not English.
_ALSO_ENGLISH = frozenset(
    {"see", "seen", "arena", "routes", "cultures", "rues", "mata", "sol nu", "chemins", "sable", "campos"}
)
_ENGLISH = re.compile(
    r"(?<!\w)(?:the|is|are|was|of|does|did|can|could|you|what|how|where|which|there|any|this|we|have|i|do|see that)(?!\w)"
)
#: Phrases with the name of a class in them that do not mean the class.
_NOT_A_CLASS = re.compile(
    r"(?<!\w)(?:bush ?fires?|forest fires?|wild ?fires?|field of view|on earth|sea level|home ?page|town hall|street names?|"
    r"tree species|crop types?|swimming pools?|oil fields?|football fields?|sports? fields?|magnetic fields?|light ?houses?|"
    r"green ?houses?|parking lots?|water temperature|water quality|water depth|snow depth|land use|land cover)(?!\w)"
)


def folded(text: str) -> str:
    """Return a text in lower case without accents, each letter in its place."""
    return "".join(_fold(char) for char in text)


def _fold(char: str) -> str:
    lower = char.lower()
    return (unicodedata.normalize("NFD", lower)[:1] or char) if len(lower) == 1 else char


def _index() -> dict[str, str]:
    found: dict[str, str] = {}
    for label, (single, plural) in WORDS.items():
        for word in (label, *single, *plural):
            found.setdefault(folded(word), label)
    for label, words in FOREIGN_WORDS.items():
        for word in words:
            found.setdefault(folded(word), label)
    return found


_LABEL_OF = _index()
_MENTION = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(word) for word in sorted(_LABEL_OF, key=len, reverse=True)) + r")(?!\w)"
)
_CUE_OF = {folded(word): label for label, words in CUES.items() for word in words}
_CUE = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(word) for word in sorted(_CUE_OF, key=len, reverse=True)) + r")(?!\w)"
)
_WORD = re.compile(r"[^\W\d_]+")


def labels_in(text: str) -> tuple[str, ...]:
    """Return the labels that a text names, in order of appearance, each once ("woods and ponds" -> trees, water)."""
    return tuple(dict.fromkeys(label for _, _, label in mentions(text)))


def own_words(text: str) -> dict[str, tuple[str, bool]]:
    """Return the text's own English word for each label that it names by one word only, and whether that is a plural.

    Words for a single thing ("lake", "town") or a part of a class ("mangroves") are left out: an answer speaks of all of
    its class.
    """
    found: dict[str, set[str]] = {}
    for start, end, label in mentions(text):
        found.setdefault(label, set()).add(" ".join(text[start:end].lower().split()))
    own = {}
    for label, words in found.items():
        word = next(iter(words))
        if len(words) == 1 and label not in words and (word in MASS_WORDS or word in WHOLE_PLURALS):
            own[label] = word, word in WHOLE_PLURALS
    return own


def mentions(text: str) -> list[tuple[int, int, str]]:
    """Return where a text names a class: (start, end, label), in order. Case and accents do not matter."""
    plain = folded(text)
    plain = _NOT_A_CLASS.sub(lambda match: "#" * len(match.group(0)), plain)
    english = _ENGLISH.search(plain) is not None
    return [
        (match.start(), match.end(), _LABEL_OF[match.group(1)])
        for match in _MENTION.finditer(plain)
        if not (english and match.group(1) in _ALSO_ENGLISH)
    ]


def cues(text: str, named: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return where a text tells of a class without naming it ("how wooded is it"), outside of the places `named`."""
    return [
        (match.start(), match.end(), _CUE_OF[match.group(1)])
        for match in _CUE.finditer(folded(text))
        if not any(first < match.end() and match.start() < last for first, last, _ in named)
    ]


def misspelt(
    text: str, named: Sequence[tuple[int, int, str]], is_word: Callable[[str], bool]
) -> list[tuple[int, int, str]]:
    """Return where a text names a class with one slip of the fingers ("foerst", "lakse").

    Parameters
    ----------
    named
        What `mentions` found; those places are left alone.
    is_word
        Says whether a folded word is a word of its own, which is left alone too.
    """
    found = []
    for match in _WORD.finditer(folded(text)):
        word, start, end = match.group(0), match.start(), match.end()
        if len(word) < 4 or is_word(word) or any(first < end and start < last for first, last, _ in named):
            continue
        labels = {label for near, label in _near(len(word)) if _one_slip(word, near)}
        if len(labels) == 1:
            found.append((start, end, labels.pop()))
    return found


@lru_cache(maxsize=64)
def _near(length: int) -> tuple[tuple[str, str], ...]:
    """Single class words of five letters or more whose length is within one of `length`."""
    return tuple(
        (word, label) for word, label in _LABEL_OF.items()
        if len(word) >= 5 and abs(len(word) - length) <= 1 and word.isalpha()
    )  # fmt: skip


def _one_slip(word: str, other: str) -> bool:
    """Say whether one letter more, less or other, or two letters swapped, make a word the other."""
    short, long = sorted((word, other), key=len)
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    if len(short) != len(long):
        return short[same:] == long[same + 1 :]
    return short[same + 1 :] == long[same + 1 :] or (
        short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    )


def atoms_of_label(label: str) -> frozenset[str]:
    """Return the atoms of a label written by the embedded model, or of any word that names one.

    Raises
    ------
    KeyError
        If no class has that name.
    """
    return LABELS[label] if label in LABELS else LABELS[_LABEL_OF[folded(label)]]

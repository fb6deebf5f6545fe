"""Words for the land-cover classes: the labels that the embedded model writes, and what people call them.

A *label* is what stands before a [SEG] in the embedded model's reasoning ("trees"); `LABELS` gives its atoms. `WORDS`
lists everyday words for each label, `FOREIGN_WORDS` class nouns of other languages. A word belongs to one label only.
"""

from __future__ import annotations

import re

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
         "river channel", "water cover", "inland water", "tank", "oxbow"),
        ("lakes", "rivers", "ponds", "reservoirs", "streams", "water bodies", "waterbodies", "bodies of water", "canals",
         "lagoons", "waterways", "water areas", "waters", "rivers and lakes", "lakes and ponds", "creeks",
         "water surfaces", "water features", "floodwaters", "river channels", "pools of water", "water patches"),
    ),
    "trees": (
        ("forest", "woodland", "tree cover", "forest cover", "wood", "jungle", "rainforest", "tree canopy", "canopy",
         "grove", "dense forest", "forested area", "wooded area", "tree", "timber", "pine forest", "forest area",
         "broadleaf forest", "conifer forest", "tropical forest", "woodland cover", "tree-covered land", "forested land",
         "woody area", "forest land", "mangrove", "mangrove forest", "plantation forest"),
        ("woods", "trees", "forests", "woodlands", "groves", "tree stands", "wooded areas", "forested areas",
         "forest patches", "tree patches", "stands of trees", "patches of forest", "mangroves", "rainforests"),
    ),
    "grass": (
        ("grass", "grassland", "pasture", "meadow", "lawn", "grazing land", "pastureland", "prairie", "grassy area",
         "rangeland", "steppe", "savanna", "grass cover", "grassy land", "green lawn", "hay meadow", "turf",
         "herbaceous vegetation", "herbaceous cover", "paddock"),
        ("meadows", "pastures", "grasslands", "lawns", "grassy areas", "grass areas", "grazing areas", "paddocks",
         "grass patches", "prairies", "grassy patches"),
    ),
    "cropland": (
        ("cropland", "farmland", "agriculture", "farm land", "agricultural land", "cultivated land", "arable land",
         "crop", "crop cover", "farming land", "field", "crop field", "farm field", "tilled land", "agricultural area",
         "cultivated area", "plough land", "ploughed land", "rice paddy", "agricultural field", "farmed land", "farm",
         "crop area", "irrigated land", "arable", "agricultural fields area"),
        ("fields", "crops", "crop fields", "farm fields", "farms", "agricultural fields", "farmlands", "croplands",
         "cultivated fields", "agricultural areas", "rice paddies", "paddy fields", "rice fields", "wheat fields",
         "ploughed fields", "farm plots", "agricultural plots", "plantations", "crop parcels", "planted fields",
         "orchards", "vineyards"),
    ),
    "shrubs": (
        ("shrub", "scrub", "bush", "shrubland", "bushland", "scrubland", "heath", "brush", "chaparral", "heathland",
         "maquis", "shrub cover", "thicket", "shrubby vegetation", "shrubby land", "scrub vegetation", "moorland",
         "low bushes area"),
        ("shrubs", "bushes", "shrublands", "thickets", "scrub areas", "shrub areas", "shrubby areas", "shrub patches"),
    ),
    "bare land": (
        ("bare land", "bare soil", "bare ground", "sand", "desert", "barren land", "soil", "rock", "bare rock", "dirt",
         "barren ground", "exposed soil", "bare surface", "beach", "gravel", "bare earth", "sandy area", "barren area",
         "naked soil", "sandy ground", "bare area", "sparse land", "earth", "rocky ground", "wasteland",
         "unvegetated land", "bare terrain", "mud flat", "dry soil", "mine pit", "quarry"),
        ("dunes", "sand dunes", "rocks", "bare areas", "barren areas", "bare patches", "beaches", "bare surfaces",
         "sandbanks", "sand bars", "bare soils", "deserts", "barren lands", "sandy patches", "mudflats"),
    ),
    "buildings": (
        ("building", "house", "home", "roof", "rooftop", "building footprint", "housing", "built structure", "warehouse",
         "apartment block", "residential building", "commercial building", "industrial building", "dwelling", "villa",
         "factory building", "shed"),
        ("buildings", "houses", "homes", "roofs", "rooftops", "structures", "building footprints", "residential buildings",
         "apartment blocks", "dwellings", "warehouses", "commercial buildings", "villas", "skyscrapers", "urban buildings"),
    ),
    "roads": (
        ("road", "street", "highway", "motorway", "road network", "road surface", "paved road", "dirt road", "avenue",
         "asphalt", "track", "road corridor", "lane", "freeway", "tarmac", "expressway"),
        ("roads", "streets", "highways", "motorways", "road corridors", "tracks", "lanes", "avenues", "paved roads",
         "main roads", "freeways"),
    ),
    "built-up area": (
        ("built-up area", "urban area", "town", "city", "village", "settlement", "built up land", "built-up land",
         "urban land", "developed area", "developed land", "artificial surface", "urban fabric", "built-up surface",
         "residential area", "built-up", "urban cover", "city area", "impervious surface", "concrete", "sealed surface",
         "industrial area", "urbanized area", "suburb", "neighbourhood", "settled area", "urban zone", "built area",
         "built environment", "urban", "human settlement", "downtown", "pavement", "infrastructure"),
        ("towns", "settlements", "villages", "cities", "urban areas", "built-up areas", "developed areas",
         "residential areas", "artificial surfaces", "impervious surfaces", "sealed surfaces", "suburbs",
         "built up areas", "built-up zones", "minor settlements", "populated areas"),
    ),
    "wetland": (
        ("wetland", "marsh", "swamp", "bog", "fen", "marshland", "wetland vegetation", "peatland", "reed bed", "mire",
         "swampy area", "marshy area", "marshy land", "salt marsh", "herbaceous wetland", "wet meadow", "swampland"),
        ("wetlands", "marshes", "swamps", "bogs", "reed beds", "wetland areas", "wetland patches", "marshy areas",
         "peatlands", "salt marshes", "reeds"),
    ),
    "snow": (
        ("snow", "ice", "snow cover", "glacier", "snow and ice", "snowfield", "ice cover", "snowpack",
         "snow-covered land", "snow covered area", "frozen area", "permanent snow"),
        ("glaciers", "snowfields", "snow patches", "snowy areas", "ice fields", "snow-covered areas"),
    ),
    "clouds": (
        ("cloud", "cloud cover", "haze", "fog", "overcast", "cloudiness", "clouded area", "cloudy area", "mist",
         "cloud layer", "white cloud"),
        ("clouds", "cloud patches", "cloudy areas", "clouded pixels", "clouds and haze"),
    ),
    "vegetation": (
        ("vegetation", "greenery", "green area", "green space", "vegetated area", "vegetated land", "vegetation cover",
         "plant cover", "green land", "green cover", "plant life", "flora", "green vegetation", "natural vegetation",
         "natural terrestrial vegetation", "green"),
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


def _index() -> dict[str, str]:
    found: dict[str, str] = {}
    for label, (single, plural) in WORDS.items():
        for word in (label, *single, *plural):
            found.setdefault(word, label)
    for label, words in FOREIGN_WORDS.items():
        for word in words:
            found.setdefault(word, label)
    return found


_LABEL_OF = _index()
_MENTION = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(word) for word in sorted(_LABEL_OF, key=len, reverse=True)) + r")(?!\w)"
)


def labels_in(text: str) -> tuple[str, ...]:
    """Return the labels that a text names, in order of appearance, each once ("woods and ponds" -> trees, water)."""
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text.lower()):
        found.setdefault(_LABEL_OF[match.group(1)], None)
    return tuple(found)


def mentions(text: str) -> list[tuple[int, int, str]]:
    """Return where a lower-case text names a class: (start, end, label), in order."""
    return [(match.start(), match.end(), _LABEL_OF[match.group(1)]) for match in _MENTION.finditer(text)]


def atoms_of_label(label: str) -> frozenset[str]:
    """Return the atoms of a label written by the embedded model, or of any word that names one.

    Raises
    ------
    KeyError
        If no class has that name.
    """
    return LABELS[label] if label in LABELS else LABELS[_LABEL_OF[label.lower()]]

"""Legends of the data sets: label by value. Values that a legend lacks are not labelled."""

from __future__ import annotations

WORLDCOVER: dict[int, str] = {
    10: "trees", 20: "shrubs", 30: "grass", 40: "cropland", 50: "built-up area", 60: "bare land", 70: "snow",
    80: "water", 90: "wetland", 95: "mangroves", 100: "moss",
}  # fmt: skip
EUROPE: dict[int, str] = {
    2: "built-up area", 3: "cropland", 4: "broadleaf forest", 5: "conifer forest", 6: "grass", 7: "bare land",
    9: "water",
}  # fmt: skip
INDIA: dict[int, str] = {1: "built-up area", 2: "vegetation", 3: "water"}
AMAZON: dict[int, str] = {1: "forest", 2: "deforested land"}
SLOVENIA: dict[int, str] = {
    1: "cropland", 2: "trees", 3: "grass", 4: "shrubs", 5: "water", 6: "wetland", 8: "built-up area", 9: "bare land",
}  # fmt: skip
TERRAMESH: dict[int, str] = {
    1: "water", 2: "trees", 4: "cropland", 5: "built-up area", 6: "bare land", 7: "snow", 9: "rangeland",
}  # fmt: skip
DUBAI: dict[int, str] = {1: "buildings", 2: "bare land", 3: "roads", 4: "vegetation", 5: "water"}
WATER: dict[int, str] = {0: "land", 1: "water"}
BURN: dict[int, str] = {1: "burned area"}
DEEPGLOBE: dict[int, str] = {
    1: "built-up area", 2: "cropland", 3: "rangeland", 4: "trees", 5: "water", 6: "bare land",
}  # fmt: skip
DEEPGLOBE_COLOURS: dict[tuple[int, int, int], int] = {
    (0, 255, 255): 1, (255, 255, 0): 2, (255, 0, 255): 3, (0, 255, 0): 4, (0, 0, 255): 5, (255, 255, 255): 6,
}  # fmt: skip
CHATEARTHNET_COLOURS: dict[tuple[int, int, int], int] = {
    (0, 192, 0): 10, (200, 170, 120): 20, (0, 255, 0): 30, (255, 255, 0): 40, (255, 0, 0): 50, (128, 128, 128): 60,
    (255, 255, 255): 70, (0, 0, 255): 80, (0, 255, 255): 90, (255, 0, 255): 95, (128, 0, 128): 100,
}  # fmt: skip


def _corine() -> dict[int, str]:
    """CORINE level-3 codes in the 19 classes of BigEarthNet; codes that BigEarthNet leaves out are missing."""
    groups = {
        "urban fabric": (111, 112), "industrial units": (121,), "arable land": (211, 212, 213),
        "permanent crops": (221, 222, 223, 241), "pastures": (231,), "complex cultivation": (242,),
        "natural farmland": (243,), "agro-forestry": (244,), "broadleaf forest": (311,), "conifer forest": (312,),
        "mixed forest": (313,), "natural grassland": (321, 333), "heathland": (322, 323), "woodland shrub": (324,),
        "sands": (331,), "inland wetlands": (411, 412), "coastal wetlands": (421, 422), "inland waters": (511, 512),
        "marine waters": (521, 522, 523),
    }  # fmt: skip
    return {code: label for label, codes in groups.items() for code in codes}


CORINE = _corine()

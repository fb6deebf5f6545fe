"""The one fixed development split. What is named here is never trained on; the manifest of the weights repeats it.

`HELD_OUT` measures. `CALIBRATION` sets temperatures and picks checkpoints, and is not trained on either.
"""

from __future__ import annotations

#: HLS regions held out whole, and places of the one large flood region (28) held out with all their dates.
HLS_REGIONS = frozenset({1, 5, 13, 14, 20, 30, 32, 46, 49, 52, 61, 63, 72, 79})
HLS_FLOOD_LOCATIONS = frozenset({9, 15, 20, 44, 63, 104})
HLS_CALIBRATION_REGIONS = frozenset({40, 47, 56, 60})
HLS_CALIBRATION_LOCATIONS = frozenset({41})

FLOOD_REGION = 28

EUROPE_EVERY = 8  # every eighth name in sorted order, from the fourth
INDIA_EVERY = 5
AMAZON_EVERY = 5
SLOVENIA_COLUMN = 1200  # columns from here on are held out

#: Dubai tiles left out, by fold; fold 0 is what ships.
DUBAI_FOLDS: tuple[frozenset[int], ...] = (frozenset({1}), frozenset({4}), frozenset({3}))

#: Sen1Floods11 chips left out, by fold; the last is what ships.
SAR_FOLDS: tuple[frozenset[str], ...] = (
    frozenset({"India_900498", "Ghana_53713"}),
    frozenset({"Mekong_333434", "Sri-Lanka_534068"}),
    frozenset({"Nigeria_812045", "Ghana_97059"}),
    frozenset({"Somalia_699062", "Spain_6860600"}),
)


def hls_part(region: int, location: int) -> str:
    """Return `train`, `calibration`, `held_out` (unseen region) or `held_out_flood` (unseen place of region 28)."""
    if region in HLS_REGIONS:
        return "held_out"
    if region in HLS_CALIBRATION_REGIONS:
        return "calibration"
    if region == FLOOD_REGION and location in HLS_FLOOD_LOCATIONS:
        return "held_out_flood"
    if region == FLOOD_REGION and location in HLS_CALIBRATION_LOCATIONS:
        return "calibration"
    return "train"


def every(index: int, step: int) -> str:
    """Return the part of the `index`-th name in sorted order where every `step`-th is held out."""
    return "held_out" if index % step == 3 else "train"


#: cross-validation: whole regions, balanced by classes; region 28 by place, every place with all its dates
FOLDS = 4
REGION_FOLDS: tuple[frozenset[int], ...] = (
    frozenset({8, 17, 25, 27, 30, 34, 35, 40, 47, 49, 53, 54, 55, 58, 70, 73, 82}),
    frozenset({0, 2, 13, 15, 19, 21, 22, 23, 42, 50, 51, 60, 62, 72, 77, 79, 83}),
    frozenset({1, 3, 11, 12, 14, 26, 29, 32, 38, 39, 44, 46, 48, 59, 61, 64, 65}),
    frozenset({5, 6, 7, 10, 16, 18, 20, 31, 33, 37, 43, 52, 56, 63, 71, 75, 76}),
)
PLACE_FOLDS: tuple[frozenset[int], ...] = (
    frozenset({2, 8, 16, 18, 22, 29, 35, 63, 79, 111, 189}),
    frozenset({9, 19, 26, 44, 47, 57, 103, 127, 147, 159, 163, 177}),
    frozenset({15, 20, 51, 66, 76, 78, 80, 96, 124, 150, 167, 176}),
    frozenset({12, 17, 33, 41, 42, 43, 55, 56, 73, 98, 104, 105}),
)


def hls_fold(region: int, location: int) -> int:
    """Return the cross-validation fold of an HLS patch.

    Raises
    ------
    ValueError
        If the region, or the place of region 28, is in no fold.
    """
    value, folds = (location, PLACE_FOLDS) if region == FLOOD_REGION else (region, REGION_FOLDS)
    for fold, members in enumerate(folds):
        if value in members:
            return fold
    raise ValueError(f"region {region}, place {location} is in no cross-validation fold")

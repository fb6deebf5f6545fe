"""What is held out together. The manifest of a network names what it has not seen."""

from __future__ import annotations

FLOOD_REGION = 28

#: Sen1Floods11 chips left out, by fold; the last is what ships.
SAR_FOLDS: tuple[frozenset[str], ...] = (
    frozenset({"India_900498", "Ghana_53713"}),
    frozenset({"Mekong_333434", "Sri-Lanka_534068"}),
    frozenset({"Nigeria_812045", "Ghana_97059"}),
    frozenset({"Somalia_699062", "Spain_6860600"}),
)


#: Cross-validation by what shares no ground. The data set's region numbers do not: 31 pairs of them hold patches that
#: overlap, pixel for pixel (found by equal elevation and reflectance). Such regions, and such places of region 28, are
#: in one fold here; every place is with all its dates. Balanced by classes.
FOLDS = 4
REGION_FOLDS: tuple[frozenset[int], ...] = (
    frozenset({1, 7, 14, 23, 27, 30, 33, 49, 54, 58, 59, 60, 73, 75, 79, 82}),
    frozenset({2, 8, 10, 12, 17, 25, 31, 34, 38, 46, 52, 53, 56}),
    frozenset({0, 5, 13, 20, 35, 37, 39, 40, 47, 50, 51, 55, 61, 64, 65, 71, 72, 83}),
    frozenset({3, 6, 11, 15, 16, 18, 19, 21, 22, 26, 29, 32, 42, 43, 44, 48, 62, 63, 70, 76, 77}),
)
PLACE_FOLDS: tuple[frozenset[int], ...] = (
    frozenset({2, 18, 26, 35, 41, 73, 79, 98, 124, 167, 189}),
    frozenset({8, 9, 12, 15, 16, 47, 78, 104, 127, 150, 163, 177}),
    frozenset({19, 20, 33, 43, 51, 55, 56, 66, 76, 96, 111, 147, 159, 176}),
    frozenset({17, 22, 29, 42, 44, 57, 63, 80, 103, 105}),
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

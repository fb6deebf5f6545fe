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

"""Which sensor a set of band codes belongs to, where nothing else names the sensor: "B2, B3, B4, B8" is Sentinel-2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from terrascope.scene.doubts import Doubt, Reading
from terrascope.scene.sensors import LANDSAT5, LANDSAT8, S2, Sensor

_CODE = re.compile(r"^(?:(?P<sr>sr|toa)_?)?b(?:and)?[ _]?0*(?P<code>\d{1,2}a?)$", re.IGNORECASE)


class ByCodes(NamedTuple):
    """The sensor, and what else it may be."""

    sensor: Sensor
    doubts: tuple[Doubt, ...]


def sensor_of(texts: Sequence[str | None], stem: str) -> ByCodes | None:
    """Return the sensor whose bands are coded like these descriptions; None where they are no codes or do not tell.

    "B8A", or B8 beside B2 to B4, or B11 and B12 are Sentinel-2 alone. "SR_B1" is how Landsat Collection 2 writes. Codes
    1 to 5 and 7 without 6 are Landsat 4 to 7. Codes up to 7 with 6 may be Landsat 8 and 9, or red edge of Sentinel-2.
    """
    found = [_CODE.match((text or "").strip()) for text in texts]
    codes = [match["code"].lower() for match in found if match]
    only_counted = len(codes) < 7 and codes == [str(n) for n in range(1, len(codes) + 1)]
    if len(codes) < 3 or len(codes) < len(texts) - 1 or only_counted:
        return None
    kept = set(codes)
    if "8a" in kept or {"11", "12"} <= kept or ({"2", "3", "4", "8"} <= kept and "5" not in kept):
        return ByCodes(S2, ())
    if any(match["sr"] for match in found if match):
        return ByCodes(LANDSAT5 if "6" not in kept and "7" in kept else LANDSAT8, ())
    if "7" in kept and "6" not in kept and {"3", "4", "5"} <= kept:
        return ByCodes(LANDSAT5, ())
    if {"4", "5", "6"} <= kept and "8" not in kept:
        readings = (
            Reading("coastal,blue,green,red,nir,swir1,swir2", "Landsat 8 or 9"),
            Reading("coastal,blue,green,red,rededge1,rededge2,rededge3", "Sentinel-2"),
        )
        reason = "its band codes are those of Landsat 8, and also of other sensors"
        return ByCodes(LANDSAT8, (Doubt("bands", "", readings, reason, readings[0].key, "name", 0.85),))
    return None

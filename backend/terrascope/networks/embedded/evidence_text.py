"""The measured evidence as short, regular text: how it is written, and how the embedded network reads it again.

`write` and `read` are each other's inverse up to rounding of what is written. Numbers keep their written form, because
they are only ever copied: the network points at them and cannot make one up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from terrascope.units.table import AREA

#: Square metres in a unit.
AREA_UNITS: dict[str, float] = {"m2": 1.0, "ha": 1e4, "km2": 1e6, "acres": AREA["acre"].size}
#: Units as they are written; they are read in either way.
SIGNS: dict[str, str] = {"m2": "m²", "km2": "km²"}
LENGTH_UNITS: dict[str, float] = {"m": 1.0, "km": 1e3}


@dataclass(frozen=True)
class Facts:
    """What was measured after one mask. Shares are fractions 0..1 of the valid area, areas m2, lengths m.

    Attributes
    ----------
    share, area, patches, where
        Of the mask itself; `area` is None without a CRS, `where` None for an empty mask.
    other
        Label of the mask before it on the same view, None if there is none; the next fields relate to it.
    order
        "larger", "smaller" or "equal" than the other.
    difference_share, difference_area, together_share, together_area
        Sizes of the difference and of both together.
    touching, border, distance, distance_px, left_out_below
        `border` in m (None if they do not touch or without CRS); least distance in m, or in pixels without a CRS; parts
        of fewer pixels than the last were there and left out of these four (0: none).
    most, least
        Labels of the largest and the smallest of the masks on this view so far.
    since
        Time point of the earlier mask of the same class, as "t1"; the next fields are the change since then.
    net_share, net_area
        Gain less loss; differences of the exact figures, since a difference of rounded ones is coarse.
    overlap_label, overlap_share, overlap_area
        Of the gain: how much lies on the class of an earlier mask of that time point ("flooded cropland").
    """

    share: float
    area: float | None = None
    patches: int = 0
    where: str | None = None
    other: str | None = None
    order: str = "equal"
    difference_share: float = 0.0
    difference_area: float | None = None
    together_share: float = 0.0
    together_area: float | None = None
    touching: bool = False
    border: float | None = None
    distance: float | None = None
    distance_px: float | None = None
    most: str | None = None
    least: str | None = None
    since: str | None = None
    gain_share: float = 0.0
    gain_area: float | None = None
    loss_share: float = 0.0
    loss_area: float | None = None
    net_share: float = 0.0
    net_area: float | None = None
    overlap_label: str | None = None
    overlap_share: float = 0.0
    overlap_area: float | None = None
    left_out_below: int = 0

    @property
    def direction(self) -> str:
        """What the class did since the earlier mask: "grew", "shrank" or "stayed"."""
        return "stayed" if abs(self.net_share) < 5e-6 else "grew" if self.net_share > 0 else "shrank"


def percent(share: float, sign: str = "") -> str:
    """Return a share as "12.34 %", nothing as "0 %", with a sign before the number; what is not nothing is never
    written as 0."""
    value = share * 100
    if not value:
        return f"{sign}0 %"
    if value < 0.01:
        return f"less than {sign}0.01 %"
    return f"{sign}{value:.2f} %"


def significant(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, without exponent, trailing zeros cut."""
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    if "e" in text:
        text = f"{float(text):.0f}" if abs(value) >= 1 else f"{value:.6f}"
    return text


def area_text(square_metres: float, unit: str = "auto") -> str:
    """Return an area in a unit; "auto" takes m2 below 1 ha, ha below 1,000 ha, km2 above."""
    if unit not in AREA_UNITS:
        size = abs(square_metres)
        unit = "m2" if size < 1e4 else "ha" if size < 1e7 else "km2"
    digits = 3 if unit == "acres" else 4  # areas are handed on with four, and an acre is no round number of them
    return f"{significant(square_metres / AREA_UNITS[unit], digits)} {SIGNS.get(unit, unit)}"


def length_text(metres: float, unit: str = "auto") -> str:
    """Return a length in m or km; "auto" takes km from 10 km on."""
    if unit not in LENGTH_UNITS:
        unit = "m" if metres < 1e4 else "km"
    return f"{significant(metres / LENGTH_UNITS[unit])} {unit}"


def _sized(share: float, area: float | None, sign: str = "") -> str:
    return percent(share, sign) if area is None else f"{percent(share, sign)}, {area_text(area)}"


def write(facts: Facts) -> str:
    """Return the evidence as text, with a leading space."""
    if facts.where is None:
        parts = ["none found" + ("" if facts.area is None else ", 0 m²")]
    else:
        patches = "1 patch" if facts.patches == 1 else f"{facts.patches} patches"
        parts = [f"{_sized(facts.share, facts.area)}, {patches}, mostly {facts.where}"]
    if facts.other is not None:
        parts.append(f"{facts.order} than {facts.other} by {_sized(facts.difference_share, facts.difference_area)}")
        parts.append(f"together {_sized(facts.together_share, facts.together_area)}")
        border = "" if facts.border is None else f" along {length_text(facts.border)}"
        parts.append(f"touching{border}" if facts.touching else "not touching")
        if facts.distance is not None:
            parts.append(f"{length_text(facts.distance)} apart")
        elif facts.distance_px is not None:
            parts.append(f"{significant(facts.distance_px)} pixels apart")
        if facts.left_out_below:
            parts.append(f"without parts under {facts.left_out_below} pixels")
    if facts.most is not None:
        parts.append(f"most {facts.most}, least {facts.least}")
    if facts.since is not None:
        parts.append(f"since {facts.since}: gained {_sized(facts.gain_share, facts.gain_area)}")
        parts.append(f"lost {_sized(facts.loss_share, facts.loss_area)}")
        sign = "-" if facts.net_share < 0 else "+"
        area = None if facts.net_area is None else abs(facts.net_area)
        parts.append(f"net {_sized(abs(facts.net_share), area, sign)}")
        if facts.overlap_label is not None:
            parts.append(f"of the gain on {facts.overlap_label}: {_sized(facts.overlap_share, facts.overlap_area)}")
    return f" ({'; '.join(parts)})."


_NUMBER = r"(\d+(?:\.\d+)?)"
_UNIT = r"(m2|m²|ha|km2|km²)"
_SIZE = rf"(less than )?{_NUMBER} %(?:, {_NUMBER} {_UNIT})?"
_MAIN = re.compile(rf"{_SIZE}, (\d+) patch(?:es)?, mostly ([a-z -]+)")
_NONE = re.compile(r"none found(, 0 m[2²])?")
_ORDER = re.compile(rf"(larger|smaller|equal) than ([a-z -]+?) by {_SIZE}")
_TOGETHER = re.compile(rf"together {_SIZE}")
_TOUCH = re.compile(rf"(?<!not )touching(?: along {_NUMBER} (m|km))?")
_APART = re.compile(rf"{_NUMBER} (m|km|pixels) apart")
_LEFT_OUT = re.compile(r"without parts under (\d+) pixels")
_MOST = re.compile(r"most ([a-z -]+), least ([a-z -]+)")
_GAIN = re.compile(rf"since (t\d+): gained {_SIZE}")
_LOSS = re.compile(rf"lost {_SIZE}")
_NET = re.compile(rf"net (less than )?([+-]){_NUMBER} %(?:, {_NUMBER} {_UNIT})?")
_OVERLAP = re.compile(rf"of the gain on ([a-z -]+): {_SIZE}")

#: What "less than" a share is read as: a part of it.
_LESS = 0.5


def _size(match: re.Match[str], first: int) -> tuple[float, float | None]:
    return _value(*match.group(first, first + 1, first + 2, first + 3))


def _value(less: str | None, share: str, area: str | None, unit: str | None) -> tuple[float, float | None]:
    metres = None if area is None or unit is None else float(area) * AREA_UNITS[unit.replace("²", "2")]
    return float(share) / 100 * (_LESS if less else 1.0), metres


def read(text: str) -> Facts | None:
    """Return the facts of an evidence text, None if it is not one."""
    parts = text.strip().removesuffix(".").strip("()").split("; ")
    main, none = _MAIN.fullmatch(parts[0]), _NONE.fullmatch(parts[0])
    if main:
        share, area = _size(main, 1)
        found: dict[str, object] = {"share": share, "area": area, "patches": int(main.group(5)), "where": main.group(6)}
    elif none:
        found = {"share": 0.0, "area": 0.0 if none.group(1) else None}
    else:
        return None
    for part in parts[1:]:
        if match := _ORDER.fullmatch(part):
            found.update(order=match.group(1), other=match.group(2))
            found["difference_share"], found["difference_area"] = _size(match, 3)
        elif match := _TOGETHER.fullmatch(part):
            found["together_share"], found["together_area"] = _size(match, 1)
        elif match := _TOUCH.fullmatch(part):
            border = None if match.group(1) is None else float(match.group(1)) * LENGTH_UNITS[match.group(2)]
            found.update(touching=True, border=border)
        elif match := _APART.fullmatch(part):
            value, unit = float(match.group(1)), match.group(2)
            found["distance_px" if unit == "pixels" else "distance"] = value * LENGTH_UNITS.get(unit, 1.0)
        elif match := _LEFT_OUT.fullmatch(part):
            found["left_out_below"] = int(match.group(1))
        elif match := _MOST.fullmatch(part):
            found.update(most=match.group(1), least=match.group(2))
        elif match := _GAIN.fullmatch(part):
            found["since"] = match.group(1)
            found["gain_share"], found["gain_area"] = _size(match, 2)
        elif match := _LOSS.fullmatch(part):
            found["loss_share"], found["loss_area"] = _size(match, 1)
        elif match := _NET.fullmatch(part):
            share, area = _value(*match.group(1, 3, 4, 5))
            sign = -1.0 if match.group(2) == "-" else 1.0
            found.update(net_share=sign * share, net_area=None if area is None else sign * area)
        elif match := _OVERLAP.fullmatch(part):
            found["overlap_label"] = match.group(1)
            found["overlap_share"], found["overlap_area"] = _size(match, 2)
    return Facts(**found)  # type: ignore[arg-type]

"""Whether two dates of one place can be compared: shift, season, sensor, what the numbers mean, what both observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope import large
from terrascope.scene import light
from terrascope.scene.doubts import Doubt, Reading
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Role, View

#: Pixels of shift from which two images are brought together, and up to which a shift is looked for.
LEAST_SHIFT, MOST_SHIFT = 0.5, 24
_WINDOW = 768  # pixels along a side of what is compared
_PEAK, _ABOVE_OTHERS = 0.06, 2.0  # height of the peak of phase correlation, and times the next one
_GAIN = 0.03  # by which correlation grows where the shift is real
_SEASON_DAYS = 45
_BANDS = ("nir", "swir1", "red", "green", "gray", "vv", "vh", "hh", "sar")
#: How probable it is that a change is one on the ground, by what two images do not share.
_LIKELY = {"season": 0.8, "sensor": 0.9, "scale": 0.7, "shift": 0.5}


@dataclass(frozen=True)
class Pair:
    """What two views do not share, as sentences, and how probable it is that what differs is the ground."""

    notes: tuple[str, ...]
    likely: float


@dataclass(frozen=True)
class Together:
    """Views that can be compared, what was done, and the doubts about it."""

    views: tuple[View, ...]
    pairs: tuple[Pair, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def comparable(views: Sequence[View], wanted: Sequence[bool | None], gsd_m: tuple[float, float] | None) -> Together:
    """Compare each date with the first one of the same kind of sensor, and shift it onto it where it lies apart.

    Parameters
    ----------
    wanted
        What the user says of each view: False leaves it where it is.
    gsd_m
        Pixel size in metres (x, y), None where it is not known.
    """
    out, pairs, doubts = list(views), [], []
    if len(time_points(views)) < 2:
        return Together(tuple(views))
    firsts: dict[object, int] = {}
    for index, view in enumerate(views):
        first = firsts.setdefault(view.role, index)
        if first == index:
            continue
        apart = None if wanted[index] is False else shift_between(views[first], view)
        notes, likely = _differences(views[first], view)
        if apart is not None:
            doubt = _doubt(views[first], view, apart, gsd_m)
            doubts.append(doubt)
            if doubt.choice is not None:
                out[index] = _moved(view, apart)
        share = large.count(out[first].valid & out[index].valid) / view.valid.size
        if share < _ALL_SEEN:
            notes.append(f'"{views[first].name}" and "{view.name}": {share:.1%} of the area was observed at both dates')
        if notes:
            pairs.append(Pair(tuple(notes), likely))
    if len(time_points(views)) == 2:
        optical = [i for i, view in enumerate(out) if view.role is Role.OPTICAL]
        if len(optical) == 2:
            first, last = optical
            seen, said = light.compare(out[first], out[last], gsd_m)
            out[first], out[last] = seen
            pairs += [Pair(said, light.LIKELY)] if said else []
        out = _where_all_saw(out)
    return Together(tuple(out), tuple(pairs), tuple(doubts))


def _where_all_saw(views: list[View]) -> list[View]:
    """Views of two dates over the pixels that all observed: what one did not see is neither kept nor changed."""
    common = np.logical_and.reduce([view.valid for view in views])
    if all(large.count(view.valid) == large.count(common) for view in views) or not common.any():
        return views
    if any(large.in_file(view.pixels) for view in views):
        return views  # measured where both are valid, strip by strip
    return [replace(view, valid=common.copy(), pixels=np.where(common, view.pixels, np.float32(0))) for view in views]


_ALL_SEEN = 0.9995


def _doubt(first: View, view: View, apart: tuple[float, float], gsd_m: tuple[float, float] | None) -> Doubt:
    down, right = apart
    size = f"{np.hypot(down, right):.1f} pixels"
    if gsd_m is not None:
        size += f" ({np.hypot(down * gsd_m[1], right * gsd_m[0]):.0f} m)"
    where = " and ".join(
        text for text in (
            f"{abs(down):.1f} {'down' if down > 0 else 'up'}" if abs(down) >= 0.1 else "",
            f"{abs(right):.1f} {'right' if right > 0 else 'left'}" if abs(right) >= 0.1 else "",
        ) if text
    )  # fmt: skip
    readings = (Reading("yes", "shifted back onto it"), Reading("no", "left where it is"))
    reason = f'its picture lies {size} from that of "{first.name}" ({where}), by phase correlation'
    if large.in_file(view.pixels):
        return Doubt("align", view.name, (readings[1],), f"{reason}; align the files first, as it is too large here")
    return Doubt("align", view.name, readings, reason, "yes", "pixels", 0.95)


def _differences(first: View, view: View) -> tuple[list[str], float]:
    """Sentences about what two views do not share, and how probable it is that a difference is the ground's."""
    named = f'"{first.name}" and "{view.name}"'
    found: dict[str, str] = {}
    if first.date and view.date and "day" == first.date_precision == view.date_precision:
        days = abs(first.date.timetuple().tm_yday - view.date.timetuple().tm_yday)
        days = min(days, 365 - days)
        if days > _SEASON_DAYS:
            found["season"] = f"{named} lie {days} days apart in the season: plants and water may differ by that alone"
    if first.source.sensor != view.source.sensor:
        one, two = (each.source.sensor or "an unknown sensor" for each in (first, view))
        found["sensor"] = f"{named} are of different sensors ({one}, {two})"
    if first.scale is not view.scale:
        found["scale"] = f"{named} have different numbers ({first.scale.value}, {view.scale.value})"
    likely = 1.0
    for key in found:
        likely *= _LIKELY[key]
    return list(found.values()), likely


def shift_between(first: View, view: View) -> tuple[float, float] | None:
    """Return by how many pixels (down, right) a view's picture lies from that of the first.

    By phase correlation of the gradients of a band that both have, so that neither light nor season decides. None below
    `LEAST_SHIFT`, and where no shift stands out.
    """
    band = next((name for name in _BANDS if name in first.bands and name in view.bands), None)
    height, width = view.valid.shape
    if band is None or min(height, width) < 4 * MOST_SHIFT:
        return None
    h, w = min(height, _WINDOW), min(width, _WINDOW)
    part = (slice((height - h) // 2, (height - h) // 2 + h), slice((width - w) // 2, (width - w) // 2 + w))
    valid = first.valid[part] & view.valid[part]
    if np.count_nonzero(valid) < 0.3 * valid.size:
        return None
    inner = ndimage.binary_erosion(valid, iterations=2)
    one, two = (_gradient(each.pixels[each.bands.index(band)][part], valid, inner) for each in (first, view))
    if one is None or two is None:
        return None
    taper = np.outer(np.hanning(h), np.hanning(w)).astype(np.float32)
    cross = np.fft.rfft2(two * taper) * np.conj(np.fft.rfft2(one * taper))
    cross /= np.maximum(np.abs(cross), 1e-12 * float(np.abs(cross).max()) + 1e-30)
    surface = np.fft.irfft2(cross, s=(h, w))
    near = np.roll(surface, (MOST_SHIFT, MOST_SHIFT), (0, 1))[: 2 * MOST_SHIFT + 1, : 2 * MOST_SHIFT + 1]
    row, col = np.unravel_index(int(near.argmax()), near.shape)
    peak = float(near[row, col])
    others = near.copy()
    others[max(0, row - 2) : row + 3, max(0, col - 2) : col + 3] = 0
    if peak < _PEAK or peak < _ABOVE_OTHERS * float(others.max()):
        return None
    down, right = (
        float(row - MOST_SHIFT + _vertex(near[:, col], int(row))),
        float(col - MOST_SHIFT + _vertex(near[row], int(col))),
    )
    if np.hypot(down, right) < LEAST_SHIFT:
        return None
    moved = ndimage.shift(two, (-down, -right), order=1)
    before, after = (float(np.corrcoef(one[inner], each[inner])[0, 1]) for each in (two, moved))
    return (down, right) if after > before + _GAIN else None


def _gradient(
    band: NDArray[np.float32], valid: NDArray[np.bool_], inner: NDArray[np.bool_]
) -> NDArray[np.float32] | None:
    """Length of the gradient, clipped and of mean 0 where it is known, 0 elsewhere; None in a flat picture."""
    filled = np.where(valid, band, np.median(band[valid])).astype(np.float32)
    rows, cols = np.gradient(filled)
    steep = np.hypot(rows, cols)
    top = float(np.percentile(steep[inner], 98)) if inner.any() else 0.0
    if top <= 0:
        return None
    steep = np.minimum(steep, top)
    out: NDArray[np.float32] = np.where(inner, steep - steep[inner].mean(), 0).astype(np.float32)
    return out


def _vertex(line: NDArray[np.float64], at: int) -> float:
    """Where between pixels the peak of a line lies, by the parabola through it and its neighbours."""
    if not 0 < at < len(line) - 1:
        return 0.0
    left, mid, right = (float(v) for v in line[at - 1 : at + 2])
    bend = left - 2 * mid + right
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))


def _moved(view: View, apart: tuple[float, float]) -> View:
    """A view shifted back; by whole pixels where that is all, else bilinear. What comes in is not valid."""
    whole = tuple(round(each) for each in apart)
    exact = all(abs(each - near) < 0.15 for each, near in zip(apart, whole))
    back = tuple(-each for each in (whole if exact else apart))
    valid = ndimage.shift(view.valid.astype(np.float32), back, order=0 if exact else 1, cval=0.0) > 0.999
    pixels = np.stack([ndimage.shift(band, back, order=0 if exact else 1, cval=0.0) for band in view.pixels])
    pixels[:, ~valid] = 0
    return replace(view, pixels=pixels, valid=valid)

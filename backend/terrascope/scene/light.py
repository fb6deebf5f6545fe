"""What light and weather make of two pictures of one place: one is darker as a whole, one has bright cloud or snow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope import large
from terrascope.scene.types import Scale, View

LIKELY = 0.9  #: how probable it is that a change is the ground's after one of the corrections here
#: Correlation of every band, spread of their factors, and how far the factor lies from 1, for one to be darker.
_ALIKE, _SPREAD, _LEAST = 0.97, 0.06, 0.08
_SOME = 2**18  # pixels that are compared
#: Rise of blue and red, and how white it is, by which cloud and snow stand out from the same place without them.
_RISE = {Scale.REFLECTANCE: 0.12, Scale.DISPLAY: 0.2}
_BRIGHT = {Scale.REFLECTANCE: 0.25, Scale.DISPLAY: 0.5}
_WHITE = 0.7
_LEAST_PIXELS, _REACH, _RIM = 100, 60, 6  # of one cloud; pixels around it that thin cloud reaches, and beyond that
_AERIAL_M = 8.0  # metres of pixels below which a picture is aerial, or of a satellite that is pointed at fine weather
_MOST = 0.6  # share of a picture beyond which what is brighter is no cloud


def compare(first: View, last: View, gsd_m: tuple[float, float] | None) -> tuple[tuple[View, View], tuple[str, ...]]:
    """Take away what light and weather make different between two optical views of one scale, and say so.

    A picture that is that of the other date times one factor in all bands is brought to its brightness. Bright white
    patches of one date alone are cloud or snow, and not observed; not in pictures from aeroplanes, which are taken in
    fine weather and where roofs and bare fields are white. Views that live in files are left as they are.
    """
    common = [name for name in first.bands if name in last.bands]
    if first.scale is not last.scale or first.scale not in _RISE or large.in_file(first.pixels) or len(common) < 3:
        return (first, last), ()
    notes = []
    law = _law(first, last, common)
    if law:
        pixels = last.pixels.copy()
        for name, (gain, offset) in law.items():
            band = pixels[last.bands.index(name)]
            band[last.valid] = (band[last.valid] - np.float32(offset)) / np.float32(gain)
        last = replace(last, pixels=pixels)
        factor = float(np.median([gain for gain, _ in law.values()]))
        word = "darker" if factor < 1 else "brighter"
        notes.append(
            f'"{last.name}" is "{first.name}" times {factor:.2f} in all bands, {word} as a whole: it was brought to '
            "the same brightness"
        )
    if gsd_m is not None and min(gsd_m) < _AERIAL_M:
        return (first, last), tuple(notes)
    seen = []
    for view, other in ((first, last), (last, first)):
        cloud = _bright(view, other)
        share = float(np.mean(cloud))
        if cloud.any():
            notes.append(
                f'"{view.name}": {share:.1%} is bright cloud or snow that the other date has not: not observed'
            )
            valid = view.valid & ~cloud
            view = replace(view, valid=valid, pixels=np.where(valid, view.pixels, np.float32(0)))
        seen.append(view)
    return (seen[0], seen[1]), tuple(notes)


def _law(first: View, last: View, common: list[str]) -> dict[str, tuple[float, float]]:
    """Gain and offset of each band between two pictures that are else the same; none where they are not, or no darker.

    One gain for all bands is light; a gain of its own for each is another ground.
    """
    both = np.flatnonzero((first.valid & last.valid).ravel())
    both = both[:: max(1, both.size // _SOME)]
    if both.size < _LEAST_PIXELS:
        return {}
    law: dict[str, tuple[float, float]] = {}
    for name in common:
        one, two = (view.pixels[view.bands.index(name)].ravel()[both].astype(np.float64) for view in (first, last))
        if one.std() == 0 or two.std() == 0 or np.corrcoef(one, two)[0, 1] < _ALIKE:
            return {}
        gain = float(np.cov(one, two)[0, 1] / one.var(ddof=1))
        law[name] = gain, float(two.mean() - gain * one.mean())
    gains = [gain for gain, _ in law.values()]
    middle = float(np.median(gains))
    if abs(middle - 1) < _LEAST or max(abs(each / middle - 1) for each in gains) > _SPREAD:
        return {}
    return law


def _bright(view: View, other: View) -> NDArray[np.bool_]:
    """Bool [H, W] of bright white patches that the other date has not, with a rim."""
    nothing: NDArray[np.bool_] = np.zeros(view.valid.shape, dtype=bool)
    if not {"blue", "green", "red"} <= set(view.bands) & set(other.bands):
        return nothing
    visible = np.stack([view.pixels[view.bands.index(name)] for name in ("blue", "green", "red")])
    before = np.stack([other.pixels[other.bands.index(name)] for name in ("blue", "green", "red")])
    low, high = visible.min(axis=0), visible.max(axis=0)
    white = (low > _BRIGHT[view.scale]) & (low > _WHITE * high)
    found = white & ((visible - before).min(axis=0) > _RISE[view.scale]) & view.valid & other.valid
    parts, count = ndimage.label(found)
    if count == 0:
        return nothing
    large_ones = np.flatnonzero(np.bincount(parts.ravel())[1:] >= _LEAST_PIXELS) + 1
    if large_ones.size == 0:
        return nothing
    core = np.isin(parts, large_ones)
    if np.count_nonzero(core) > _MOST * np.count_nonzero(view.valid & other.valid):
        return nothing  # another picture altogether
    thin = (visible - before).min(axis=0) > _RISE[view.scale] / 6
    reach = ndimage.binary_dilation(core, iterations=_REACH, mask=thin)
    rim: NDArray[np.bool_] = ndimage.binary_dilation(core | reach, iterations=_RIM)
    return rim

"""Undeclared fill: one constant colour in all bands that reaches the border, as a rotated or clipped picture has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.scene.doubts import Doubt, Reading

#: Share of the border and of the sample that a colour must have, and pixels.
_BORDER_SHARE, _SHARE, _PIXELS = 0.01, 0.002, 8
_ALL = 0.98  # a raster of nothing but one colour is no fill
_NEAR = 3  # grey values of 8 bit: dark ground fades into black, fill does not
_CHANCE = 0.03  # share that a colour of 8 bit has by chance, over smooth water or forest
_FADES = 0.05  # pixels nearly of the colour for each of the colour
_VARIED = 0.3  # colours a pixel of the rest: in a picture of flat colours a constant one is no sign of fill


class Fill(NamedTuple):
    """`colour`: the value of each band; None where it is open whether the colour is fill."""

    colour: tuple[float, ...] | None
    doubt: Doubt


def find(sample: NDArray[np.float32], dtype: str, ignore: NDArray[np.bool_] | None = None) -> Fill | None:
    """Look for fill in a sample of the bands that are read.

    Parameters
    ----------
    sample
        float32 [B, h, w], unscaled, of the whole raster (or of windows in rows and columns over it).
    dtype
        Of the file. Whole numbers of 8 bit may be black or white on the ground.
    ignore
        bool [h, w] of pixels that are known not to be observed.
    """
    bands, height, width = sample.shape
    eight_bit = dtype in ("uint8", "int8")
    if min(height, width) < 3 or (bands == 1 and (eight_bit or ("int" not in dtype and "float" not in dtype))):
        return None
    gone: NDArray[np.bool_] = np.logical_not(np.isfinite(sample).all(axis=0))
    if ignore is not None:
        gone |= ignore
    colour = _of_border(sample, gone)
    if colour is None:
        return None
    equal = (sample == colour[:, None, None]).all(axis=0)
    reached = _from_border(equal)
    seen = equal.size - int(np.count_nonzero(gone))
    share = float(np.count_nonzero(reached)) / max(1, seen)
    if np.count_nonzero(reached) < _PIXELS or share < _SHARE or np.count_nonzero(equal) > _ALL * seen:
        return None
    is_end = _is_end(colour, dtype)
    varied = _is_varied(sample[:, ~equal & ~gone])
    if (not is_end or eight_bit) and not varied:
        return None
    if not is_end and (bands == 1 or (eight_bit and share < _CHANCE)):
        return None
    key = f"{colour[0]:g}" if len(set(colour.tolist())) == 1 else ",".join(f"{value:g}" for value in colour)
    reason = f"no nodata is declared for it; {share:.1%} of the pixels are {key} in all bands, out to the border"
    readings = (Reading(key, "nothing was observed there"), Reading("none", "they are ground"))
    if eight_bit and (not is_end or _fades(sample, colour, equal, int(np.count_nonzero(reached)))):
        return Fill(None, Doubt("nodata", "", readings, reason))
    likely = 0.9 if eight_bit else 0.97
    return Fill(tuple(float(v) for v in colour), Doubt("nodata", "", readings, reason, key, "pixels", likely))


def _of_border(sample: NDArray[np.float32], ignore: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    """The colour that most pixels of the border share, float32 [B]."""
    around = np.concatenate([sample[:, 0], sample[:, -1], sample[:, 1:-1, 0], sample[:, 1:-1, -1]], axis=1).T
    known = ~np.concatenate([ignore[0], ignore[-1], ignore[1:-1, 0], ignore[1:-1, -1]])
    if not known.any():
        return None
    colours, counts = np.unique(around[known], axis=0, return_counts=True)
    if counts.max() < max(3, _BORDER_SHARE * len(around)):
        return None
    best: NDArray[np.float32] = colours[counts.argmax()]
    return best


def _from_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of a mask that hangs together with the border by sides."""
    reached = np.zeros_like(mask)
    reached[[0, -1]], reached[:, [0, -1]] = mask[[0, -1]], mask[:, [0, -1]]
    count = -1
    while (now := int(np.count_nonzero(reached))) != count:
        count = now
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        reached = grown & mask
    return reached


def _is_end(colour: NDArray[np.float32], dtype: str) -> bool:
    """All 0, or all at an end of the type's range."""
    if len(set(colour.tolist())) > 1:
        return False
    if colour[0] == 0:
        return True
    if "int" not in dtype:
        return bool(abs(colour[0]) > 1e30)
    info = np.iinfo(dtype)
    return bool(colour[0] in (np.float32(info.min), np.float32(info.max)))


def _is_varied(pixels: NDArray[np.float32]) -> bool:
    """Whether a picture [B, n] has many colours."""
    if pixels.shape[1] == 0:
        return False
    some = pixels[:, :: max(1, pixels.shape[1] // 1000)]
    return len(np.unique(some, axis=1).T) > _VARIED * some.shape[1]


def _fades(sample: NDArray[np.float32], colour: NDArray[np.float32], equal: NDArray[np.bool_], number: int) -> bool:
    """Whether many pixels have nearly the colour, as dark water has beside black."""
    near = (np.abs(sample - colour[:, None, None]) <= _NEAR).all(axis=0) & ~equal
    return int(np.count_nonzero(near)) > _FADES * number

"""Which band is transparency, and whether one that is flagged as it is a measurement."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.scene.doubts import Doubt, Reading
from terrascope.scene.raster import Header

#: Values and share of partly transparent pixels up to which a band is transparency (soft edges), and from which it is
#: a measurement. Between the two it is asked.
_FEW, _MANY = 3, 16
_SOFT, _HARD = 0.02, 0.1


class Transparency(NamedTuple):
    """`band`: 1-based index, None if there is none; `opaque`: its value where a pixel is wholly observed."""

    band: int | None
    opaque: float | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def find(
    header: Header, sample: NDArray[np.float32] | None, *, wanted: bool | None = None, named: bool = False
) -> Transparency:
    """Decide which band is transparency.

    Parameters
    ----------
    sample
        A few pixels of all bands, float32 [B, h, w], unscaled.
    wanted
        What the user says of the flagged band: True is transparency.
    named
        True where a description says that the flagged band is a measurement.
    """
    flagged = header.alpha
    if flagged is None:
        return _undeclared(header, sample, wanted)
    if wanted is False:
        return Transparency(None)
    values = sample[flagged - 1].ravel() if sample is not None else np.zeros(0, np.float32)
    values = values[np.isfinite(values)]
    opaque = _opaque(header.dtypes[flagged - 1], values)
    if wanted or values.size == 0:
        return Transparency(flagged, opaque)
    if named:
        note = f"band {flagged} is flagged as alpha, but described as a measurement: it is read as one"
        return Transparency(None, None, (note,))
    number = len(np.unique(values))
    part = float(np.mean((values > 0) & (values < opaque)))
    if number <= _FEW or part <= _SOFT:
        return Transparency(flagged, opaque)
    is_measured = number > _MANY and part > _HARD
    readings = (Reading("no", "a measurement"), Reading("yes", "transparency"))
    reason = f"band {flagged} is flagged as alpha, but holds {number} values, {part:.0%} of the pixels neither end"
    doubt = Doubt("alpha", "", readings, reason, *(("no", "pixels") if is_measured else (None, None)))
    return Transparency(None if is_measured else flagged, opaque, (), (doubt,))


def _undeclared(header: Header, sample: NDArray[np.float32] | None, wanted: bool | None) -> Transparency:
    """A last band of 2 or 4 that holds only 0 and the type's maximum, in an 8 or 16-bit file."""
    if sample is None or header.count not in (2, 4) or header.dtypes[0] not in ("uint8", "uint16"):
        return Transparency(None)
    if wanted is False or header.descriptions[-1] or header.colours[-1] not in ("undefined", "gray", "alpha"):
        return Transparency(None)
    top = float(np.iinfo(header.dtypes[0]).max)
    last = sample[-1]
    if not (wanted or (np.isin(last, (0.0, top)).all() and (last == top).any())):
        return Transparency(None)
    note = f"band {header.count} holds only 0 and its maximum: taken as alpha"
    return Transparency(header.count, top, () if wanted else (note,))


def _opaque(dtype: str, values: NDArray[np.float32]) -> float:
    """The type's maximum, or that of the values where they stay far below it (0 and 1, 0 and 255 in 16 bit)."""
    top = float(np.iinfo(dtype).max) if "int" in dtype else 1.0
    seen = float(values.max()) if values.size else 0.0
    return seen if 0 < seen < 0.5 * top or seen > top else top

"""From a view's bands to what the vision networks take: which bands, in which units, with what in place of nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.errors import NetworkError
from terrascope.networks.embedded.prepared import Units
from terrascope.networks.embedded.stretch import BRIGHT, sample_step, stretch_display, stretch_of
from terrascope.scene.types import Scale, View

OPTICAL_BANDS: tuple[str, ...] = ("blue", "green", "red", "nir", "swir1", "swir2")
SAR_BANDS: tuple[str, ...] = ("vv", "vh")
AERIAL_BANDS: tuple[str, ...] = ("red", "green", "blue")
AERIAL_BELOW_M = 3.0
DOUBLED_FROM_M = 0.75  #: coarser aerial images are looked at at half their pixel size: roads are 7 pixels wide there
FINEST_AERIAL_M = 0.25  #: finer aerial images are looked at at about this pixel size


def places(view: View, names: tuple[str, ...]) -> tuple[int | None, ...]:
    """Index of each named band in the view's pixels, None for one that it lacks.

    Raises
    ------
    NetworkError
        If it has none of them.
    """
    others = {"nir": "nir08"}
    found = [name if name in view.bands else others.get(name, name) for name in names]
    indices = tuple(view.bands.index(name) if name in view.bands else None for name in found)
    if all(index is None for index in indices):
        raise NetworkError(
            f'View "{view.name}" has the bands {", ".join(view.bands) or "(none)"}, of which none can be used here;'
            f" {', '.join(names)} are understood.",
            "Set the band names of the layer.",
        )
    return indices


def collect(
    view: View, valid: NDArray[np.bool_], names: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the named bands, float32 [len(names), H, W] (0 where absent or invalid), and their flags [len(names)]."""
    stack = np.zeros((len(names), *valid.shape), np.float32)
    present = np.zeros(len(names), np.float32)
    for i, index in enumerate(places(view, names)):
        if index is not None:
            stack[i] = np.where(valid, view.pixels[index], 0)
            present[i] = 1
    return stack, present


def refuse_without_colours(view: View, present: NDArray[np.float32]) -> None:
    """Refuse an aerial view that has not all of red, green and blue.

    Raises
    ------
    NetworkError
        If it has not.
    """
    if present.min() < 1:
        raise NetworkError(
            f'View "{view.name}" has the bands {", ".join(view.bands)}; images finer than {AERIAL_BELOW_M:g} m'
            " need red, green and blue.",
            "Name the bands of the layer, or resample it to 10 m.",
        )


def coarser(gsd_m: float | None) -> int:
    """How many pixels a side of an aerial image become one."""
    return int(FINEST_AERIAL_M / gsd_m) if gsd_m is not None and 0 < gsd_m < FINEST_AERIAL_M else 1


def doubled(gsd_m: float | None) -> bool:
    """Whether the pixels of an aerial image are made four; only where their size is known."""
    return gsd_m is not None and DOUBLED_FROM_M <= gsd_m < AERIAL_BELOW_M


def streamed_units(expert: str, view: View, indices: tuple[int | None, ...]) -> Units:
    """What `optical_units` and the aerial expert do to bands, with a stretch that is taken from the view as a whole."""
    if expert == "sar" or (expert == "aerial" and view.scale is Scale.DISPLAY):
        return lambda stack, valid: stack
    if view.scale is Scale.REFLECTANCE:
        if expert == "optical":
            return lambda stack, valid: stack
        return lambda stack, valid: np.clip(stack / (BRIGHT + 0.02), 0, 1)
    present = np.array([index is not None for index in indices], np.float32)
    here = np.flatnonzero(present)
    step = sample_step(view.valid.size)
    inside, sample = large.sampled(view.valid, step), large.sampled(view.pixels, step)
    inside &= np.isfinite(sample).all(0)
    chosen = np.where(inside, sample[[index for index in indices if index is not None]], 0)
    colours, raw = _stretched_by(here, present, view.scale) if expert == "optical" else (list(range(len(here))), True)
    stretch = stretch_of(chosen, inside, colours, per_band=raw)

    def units(stack: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        found = stretch(stack[here], valid)
        if expert == "aerial":
            return np.clip(found / (BRIGHT + 0.02), 0, 1)
        stack = stack.copy()
        stack[here] = found
        return stack

    return units


def fill(stack: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Put the mean of the valid pixels where there is none, so that edges of nodata do not look like objects."""
    if valid.all():
        return stack
    mean = stack[:, valid].mean(1)
    return np.where(valid, stack, mean[:, None, None]).astype(np.float32)


def optical_units(
    stack: NDArray[np.float32], present: NDArray[np.float32], valid: NDArray[np.bool_], scale: Scale
) -> NDArray[np.float32]:
    """Bring bands of a satellite image, float32 [6, H, W], of which some are `present`, to the optical network's units:
    reflectance as it is, anything else stretched to look like it."""
    here = np.flatnonzero(present)
    if scale is not Scale.REFLECTANCE:
        colours, raw = _stretched_by(here, present, scale)
        stretched = stretch_display(stack[here], valid, colours, per_band=raw)
        stack = stack.copy()
        stack[here] = stretched
    return fill(stack, valid)


def _stretched_by(here: NDArray[np.intp], present: NDArray[np.float32], scale: Scale) -> tuple[list[int], bool]:
    """Which of the bands that are there set a stretch, and whether each band has its own dark offset."""
    colours = [i for i, band in enumerate(here) if band < 3] or list(range(len(here)))
    return colours, bool(scale is Scale.RAW or present[3:].sum() > 1)

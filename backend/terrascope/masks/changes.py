"""Change of one class between two dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.masks import regions
from terrascope.masks.measurement import measure
from terrascope.masks.types import Change
from terrascope.scene.types import Grid


def change(before: NDArray[np.generic], after: NDArray[np.generic], valid: NDArray[np.generic], grid: Grid) -> Change:
    """Gain, loss and persistence of a mask, bool [H, W] each; `valid` are the pixels that are valid at both dates."""
    seen = regions.as_mask(valid, grid, "valid mask")
    one = large.within(regions.as_mask(before, grid, "mask before"), seen)
    two = large.within(regions.as_mask(after, grid, "mask after"), seen)
    gain, loss = large.joined(np.greater, two, one), large.joined(np.greater, one, two)
    persistent = large.joined(np.logical_and, one, two)
    first, second = measure(one, seen, grid), measure(two, seen, grid)
    area_before, area_after = first.area_m2, second.area_m2
    size_before = float(first.pixels) if area_before is None else area_before
    size_after = float(second.pixels) if area_after is None else area_after
    return Change(
        before=first,
        after=second,
        gain=measure(gain, seen, grid),
        loss=measure(loss, seen, grid),
        persistent=measure(persistent, seen, grid),
        net_pixels=second.pixels - first.pixels,
        net_share=second.share - first.share,
        net_area_m2=None if area_before is None or area_after is None else area_after - area_before,
        relative=(size_after - size_before) / size_before if size_before else None,
        gain_mask=gain,
        loss_mask=loss,
        persistent_mask=persistent,
    )

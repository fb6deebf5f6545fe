"""An image with its truth: what the builder makes questions from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Damage:
    """Buildings of two dates: how many there were and are destroyed, and their masks, bool [H, W]."""

    total: int
    destroyed: int
    before: Mask
    standing: Mask


@dataclass(frozen=True)
class LabelledImage:
    """Pictures of one place with its truth.

    Attributes
    ----------
    image_id
        Name that goes into the sample ids.
    images
        Encoded pictures (any format that GDAL reads), first date first, at most four.
    labels
        Integers [H, W] of the first date; `classes` names their values.
    valid
        bool [H, W]: pixels that are labelled (at both dates).
    gsd_m
        Ground sample distance in metres; None: no areas and distances are asked.
    labels_after
        Labels of the second date, where change is to be asked; `changing` names the classes that may be asked about
        (all where it is empty).
    damage
        Buildings of two dates.
    roles, times
        "optical" or "sar" and number of the time point of each picture.
    """

    image_id: str
    images: tuple[bytes, ...]
    labels: NDArray[np.integer]
    classes: Mapping[int, str]
    valid: Mask
    gsd_m: float | None = None
    labels_after: NDArray[np.integer] | None = None
    changing: tuple[str, ...] = ()
    damage: Damage | None = None
    roles: tuple[str, ...] = ("optical",)
    times: tuple[int, ...] = field(default=(0,))

    def masks(self) -> dict[str, Mask]:
        """Masks of the first date by class name."""
        return {name: np.asarray(self.labels == value) for value, name in self.classes.items()}

    def masks_after(self) -> dict[str, Mask]:
        """Masks of the second date by class name, none where there is no second date."""
        if self.labels_after is None:
            return {}
        found = {name: np.asarray(self.labels_after == value) for value, name in self.classes.items()}
        return {name: mask for name, mask in found.items() if not self.changing or name in self.changing}

"""Masks of a scene with what is measured of them, each measured once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.masks.rle import Rle, encode
from terrascope_lab.cot import rules
from terrascope_lab.cot.scenes import LabelledScene, Mask


class Facts:
    """Measures of the masks at one moment of a scene, kept."""

    def __init__(self, scene: LabelledScene, moment: int) -> None:
        self.scene, self.moment = scene, moment
        self.masks = scene.moments[moment].masks
        self.valid_px = max(1, rules.count(scene.valid))
        self._kept: dict[tuple[str, str], Any] = {}

    def count(self, label: str) -> int:
        """Pixels of a label; 0 for one that is not known here."""
        if label not in self.masks:
            return 0
        if ("count", label) not in self._kept:
            self._kept["count", label] = rules.count(self.masks[label])
        return int(self._kept["count", label])

    def share(self, label: str) -> float:
        """Share of the valid pixels, 0..1."""
        return self.count(label) / self.valid_px

    def present(self, least: float = rules.PRESENT_SHARE) -> list[str]:
        """Labels that cover at least a share, in the order of the legend."""
        return [label for label in self.masks if self.share(label) >= least]

    def absent(self) -> list[str]:
        """Labels that the data set knows and that have no pixel here."""
        return [label for label in self.masks if self.count(label) == 0]

    def region_count(self, label: str) -> int:
        """Number of regions of a label."""
        key = ("regions", label)
        if key not in self._kept:
            self._kept[key] = rules.region_count(self.masks[label])
        return int(self._kept[key])

    def opened(self, label: str) -> Mask:
        """Opened mask of a label."""
        key = ("opened", label)
        if key not in self._kept:
            self._kept[key] = rules.opened(self.masks[label])
        return np.asarray(self._kept[key])

    def opened_share(self, label: str) -> float:
        """Share of the valid pixels that the opened mask holds."""
        return rules.count(self.opened(label)) / self.valid_px

    def distance_map(self, label: str, opened: bool = True) -> NDArray[np.float64]:
        """Distance of every pixel to the (opened) mask of a label, in pixels."""
        key = ("distance" if opened else "distance_raw", label)
        if key not in self._kept:
            self._kept[key] = rules.distance_map(self.opened(label) if opened else self.masks[label])
        return np.asarray(self._kept[key])

    def distance(self, one: str, two: str) -> float:
        """Least distance between two opened masks, in pixels."""
        return float(self.distance_map(one)[self.opened(two)].min())

    def rle(self, label: str) -> Rle:
        """Run-length encoding of a label's mask."""
        key = ("rle", label)
        if key not in self._kept:
            self._kept[key] = encode(self.masks[label])
        rle: Rle = self._kept[key]
        return rle

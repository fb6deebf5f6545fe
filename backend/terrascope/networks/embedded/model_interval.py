"""How far the share of a class that the networks find may lie from what is there, by places they had never seen.

`intervals.json` beside the weights holds, for each form in which an image comes and each class, how the true share lay
about the one that was found in 90 % of the places that were left out of the training. It is an interval of the model,
not of a sample: more pixels do not narrow it. Made by `terrascope_lab.training.vision.intervals`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from terrascope.errors import CheckpointError
from terrascope.networks.interface import ModelInterval
from terrascope.scene.types import Role, Scale, View

FILE = "intervals.json"


def form_of(view: View) -> str | None:
    """Return the form in which a satellite view comes, as the table has it; None where there is no table for it."""
    if view.role is not Role.OPTICAL:
        return None
    shortwave, near = {"swir1", "swir2"} & set(view.bands), {"nir", "nir08"} & set(view.bands)
    if not near:
        return "RGB reflectance" if view.scale is Scale.REFLECTANCE else "picture"
    if view.scale is not Scale.REFLECTANCE:
        return "digital numbers"
    return "six bands" if shortwave else "RGB+NIR"


def spread(share: float, floor: float) -> float:
    """Return the unit in which a table states its bounds: that of a share, and at least `floor`."""
    return max(float(np.sqrt(max(share * (1 - share), 0.0))), floor)


class ModelIntervals:
    """The table of a folder of weights.

    Parameters
    ----------
    folder
        Holds `intervals.json`; without that file no interval is given.

    Raises
    ------
    CheckpointError
        If the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        path = Path(folder) / FILE
        self._table: Mapping[str, Any] = {}
        if path.exists():
            try:
                self._table = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise CheckpointError(f"{path} is not valid JSON: {error}.", "Install the plugin again.") from error

    def of(self, view: View, expert: str, label: str, share: float) -> ModelInterval | None:
        """Return the interval of a share (0..1) of a class that was found in a view by an expert; None where the places
        left out are too few to tell."""
        form = form_of(view) if expert == "optical" else None
        entry = self._table.get("forms", {}).get(form or "")
        if entry is None or label not in entry["classes"]:
            return None
        unit = spread(share, self._table["floor"])
        low, high = (share + bound * unit for bound in entry["classes"][label])
        return ModelInterval(
            float(np.clip(low, 0, share)), float(np.clip(high, share, 1)), float(self._table["level"]), entry["places"]
        )

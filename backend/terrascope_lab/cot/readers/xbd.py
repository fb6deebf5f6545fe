"""xBD: buildings before and after a disaster, as polygons with a degree of damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from terrascope_lab.cot.readers.pixels import need_folder, read_picture
from terrascope_lab.cot.readers.published import read_json
from terrascope_lab.cot.scenes import DataError, LabelledScene, Mask, Moment, union

#: What is said of a building by its `subtype`; "un-classified" buildings are left out.
DAMAGE: Mapping[str, str] = {
    "no-damage": "intact buildings",
    "minor-damage": "damaged buildings",
    "major-damage": "damaged buildings",
    "destroyed": "destroyed buildings",
}


class Xbd:
    """`images/<name>_{pre,post}_disaster.png` and `labels/<name>_{pre,post}_disaster.json`, below any folder.

    Label files hold `features.xy` (a list of {properties: {feature_type, subtype, uid}, wkt} in pixels) and `metadata`
    (`gsd`, `disaster`). A building counts by its polygon after the event, which names the damage.
    """

    source = "xbd"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder, "train/images/*_pre_disaster.png, train/labels/*_pre_disaster.json")
        found = sorted(self.folder.rglob("labels/*_post_disaster.json"))
        return [path.relative_to(self.folder).as_posix().removesuffix("_post_disaster.json") for path in found]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        stem = self.folder / name
        pictures = [
            read_picture(stem.parent.parent / "images" / f"{stem.name}_{when}_disaster.png") for when in ("pre", "post")
        ]
        label = read_json(stem.with_name(f"{stem.name}_post_disaster.json"))
        shape = pictures[0].shape[:2]
        if pictures[1].shape[:2] != shape:
            raise DataError(f"{name}: the two images are {shape} and {pictures[1].shape[:2]}.", "Leave it out.")
        buildings = _buildings(label, shape, name)
        objects: dict[str, list[Mask]] = {kind: [] for kind in dict.fromkeys(DAMAGE.values())}
        for kind, mask in buildings:
            objects[kind].append(mask)
        every = [mask for _, mask in buildings]
        empty = np.zeros(shape, bool)
        after = {kind: union(masks) if masks else empty for kind, masks in objects.items()}
        before = Moment(pictures[0], {"buildings": union(every) if every else empty}, objects={"buildings": every})
        known = label.get("metadata", {})
        gsd, place = known.get("gsd"), str(known.get("disaster", "")).replace("-", " ")
        return LabelledScene(
            self.source, name.replace("/", "_"), (before, Moment(pictures[1], after, objects=objects)),
            np.ones(shape, bool), float(gsd) if gsd else None, "satellite", place,
        )  # fmt: skip


class XbdPre:
    """The images of `Xbd` before the event alone: every building by itself."""

    source = "xbd_pre"
    _moment = 0

    def __init__(self, folder: Path) -> None:
        self._pairs = Xbd(folder)

    def names(self) -> list[str]:
        """See `Reader`."""
        return self._pairs.names()

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        pair = self._pairs.load(name)
        return replace(pair, source=self.source, moments=(pair.moments[self._moment],))


class XbdPost(XbdPre):
    """The images of `Xbd` after the event alone: intact, damaged and destroyed buildings by themselves."""

    source = "xbd_post"
    _moment = 1


def _buildings(label: Any, shape: Sequence[int], name: str) -> list[tuple[str, Mask]]:
    """Kind and mask of each building, masks without overlap (the later polygon wins), vanished ones left out."""
    from rasterio.features import rasterize
    from shapely import from_wkt
    from shapely.errors import ShapelyError

    try:
        features = label["features"]["xy"]
        found = [
            (DAMAGE[each["properties"]["subtype"]], from_wkt(each["wkt"]))
            for each in features
            if each["properties"].get("feature_type") == "building" and each["properties"].get("subtype") in DAMAGE
        ]
    except (KeyError, TypeError, ShapelyError) as error:
        raise DataError(f"{name}: the labels are not laid out as xBD's: {error}.", "Copy the file again.") from error
    if not found:
        return []
    numbered = rasterize(
        [(shape_, i + 1) for i, (_, shape_) in enumerate(found)], out_shape=tuple(shape), dtype="int32"
    )
    masks = [(kind, numbered == i + 1) for i, (kind, _) in enumerate(found)]
    return [(kind, mask) for kind, mask in masks if mask.any()]

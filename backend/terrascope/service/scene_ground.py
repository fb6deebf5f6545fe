"""A scene as queries see it: classes, bands and layers by name and date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from terrascope.landcover import CLASSES, can_be_seen
from terrascope.landcover.words import labels_in
from terrascope.masks.coverage import coverage
from terrascope.masks.indices import INDICES
from terrascope.networks.embedded.class_map import NOWHERE, Group, class_map, groups_of
from terrascope.networks.embedded.scores import Scores
from terrascope.questions.regions import RegionError
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Grid, Scale, Scene, View

_CLOUDS = "clouds"


@dataclass
class SceneGround:
    """Implements `questions.regions.Ground` on a scene and class probabilities of its views.

    Attributes
    ----------
    scores
        Class probabilities of a view by its number.
    layers
        Vector files by the name that queries call them.
    """

    scene: Scene
    scores: Callable[[int], Scores]
    layers: Mapping[str, Path] = field(default_factory=dict)
    _maps: dict[int, tuple[tuple[Group, ...], NDArray[np.uint8]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        points = [point[0] for point in time_points(self.scene.views)]
        texts = [self.scene.views[i].date_text or "" for i in points]
        if len(set(texts)) < len(texts):  # without dates, or two of one day: in the order of the layers
            texts = [text or f"image {number}" for number, text in enumerate(texts, 1)]
            texts = [text if texts.count(text) == 1 else f"{text} ({i})" for i, text in enumerate(texts, 1)]
        self._views = dict(zip(texts, points))

    @property
    def grid(self) -> Grid:
        """Of all masks."""
        return self.scene.grid

    @property
    def dates(self) -> Sequence[str]:
        """Of the images; "image 1" and so on where they are not known."""
        return tuple(self._views)

    @property
    def pixel_m(self) -> float | None:
        """Side of a pixel on the ground, None without a CRS."""
        gsd = self.scene.gsd_m
        return None if gsd is None else float(np.sqrt(gsd[0] * gsd[1]))

    def observed(self, date: str) -> NDArray[np.bool_]:
        """See `Ground`: clouds hide the ground."""
        view = self._views[date]
        groups, places = self._classes(view)
        hidden = [place for place, group in enumerate(groups) if group.name == _CLOUDS]
        return np.isin(places, [NOWHERE, *hidden], invert=True)

    def cover(self, name: str, date: str) -> NDArray[np.bool_]:
        """See `Ground`."""
        label = name if name in CLASSES else next(iter(labels_in(name)), None)
        if label is None:
            raise RegionError(
                f"{name!r} is no class of land cover.", f"There are {', '.join(CLASSES)}.", "class unknown"
            )
        view = self.scene.views[self._views[date]]
        if not can_be_seen(label, self.pixel_m, view.role.value, view.bands):
            land = CLASSES[label]
            why = (
                f"pixels of {self.pixel_m:.3g} m" if self.pixel_m and self.pixel_m > land.coarsest_m else "these bands"
            )
            raise RegionError(
                f"{label.capitalize()} cannot be seen in {why}.",
                f"It needs pixels of {land.coarsest_m:g} m or finer"
                + (f" and one of the bands {', '.join(land.needs)}." if land.needs else "."),
                "not visible at this pixel size",
            )
        groups, places = self._classes(self._views[date])
        inside = [place for place, group in enumerate(groups) if group.atoms <= CLASSES[label].atoms]
        return np.isin(places, inside)

    def values(self, name: str, date: str) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """See `Ground`: bands by name, and NDVI, NDWI, NBR."""
        view = self.scene.views[self._views[date]]
        pair = INDICES.get(name.upper())
        if pair is None:
            return self._band(view, name.lower()), view.valid
        if view.scale not in (Scale.REFLECTANCE, Scale.RAW):
            raise RegionError(
                f"{name.upper()} needs reflectance; {view.name} is a picture or in dB.", "", "band missing"
            )
        one, two = (self._band(view, band).astype(np.float64) for band in pair)
        total = one + two
        known = view.valid & (total > 0)
        return np.divide(one - two, total, out=np.zeros_like(total), where=known).clip(-1, 1), known

    def features(self, layer: str, column: str | None, named: str | None) -> list[tuple[str, BaseGeometry]]:
        """See `Ground`."""
        frame = self._layer(layer)
        if column is not None and column not in frame.columns:
            raise RegionError(
                f"Layer {layer!r} has no column {column!r}.", f"It has {', '.join(map(str, frame.columns[:-1]))}."
            )
        if column is not None and named is not None:
            frame = frame[frame[column].astype(str) == named]
        names = frame[column].astype(str) if column is not None else [str(number) for number in frame.index + 1]
        return list(zip(names, frame.geometry))

    def zones(self, layer: str, column: str | None) -> list[tuple[str, NDArray[np.floating]]]:
        """See `Ground`: features of one name are one zone."""
        shapes: dict[str, list[BaseGeometry]] = {}
        for name, shape in self.features(layer, column, None):
            shapes.setdefault(name, []).append(shape)
        return [(name, coverage(shapely.union_all(parts), self.grid)) for name, parts in shapes.items()]

    def polygon(self, wkt: str, crs: str) -> BaseGeometry:
        """See `Ground`."""
        try:
            shape = shapely.make_valid(shapely.from_wkt(wkt))
            if self.grid.crs is None:
                return shape
            move = Transformer.from_crs(CRS(crs), CRS(self.grid.crs), always_xy=True)
        except (shapely.GEOSException, CRSError) as error:
            raise RegionError(f"The polygon cannot be read: {error}.", "Give WKT and the code of a CRS.") from error
        return shapely.transform(shape, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))

    def _layer(self, name: str) -> geopandas.GeoDataFrame:
        if name not in self.layers:
            known = ", ".join(self.layers) or "none"
            raise RegionError(f"There is no layer {name!r}; there are: {known}.", "Add it to the question.")
        frame = geopandas.read_file(self.layers[name])
        frame = frame[~frame.geometry.is_empty & frame.geometry.notna()]
        frame.geometry = shapely.make_valid(frame.geometry.values)
        if self.grid.crs is not None and frame.crs is not None:
            frame = frame.to_crs(self.grid.crs)
        return frame.reset_index(drop=True)

    def _band(self, view: View, name: str) -> NDArray[np.float32]:
        found = view.band(name)
        if found is None:
            raise RegionError(f"{view.name} has no band {name!r}; it has {', '.join(view.bands)}.", "", "band missing")
        return found

    def _classes(self, view: int) -> tuple[tuple[Group, ...], NDArray[np.uint8]]:
        if view not in self._maps:
            seen = self.scene.views[view]
            groups = groups_of(self.pixel_m, seen.role.value, seen.bands)
            self._maps[view] = groups, class_map(self.scores(view), seen.valid, groups)
        return self._maps[view]

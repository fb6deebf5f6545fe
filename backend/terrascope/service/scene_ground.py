"""A scene as queries see it: classes, bands and layers by name and date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from terrascope import large
from terrascope.landcover import ATOMS, CLASSES, can_be_seen
from terrascope.landcover.words import labels_in
from terrascope.masks.coverage import coverage
from terrascope.masks.indices import INDICES
from terrascope.networks.embedded.class_map import NOWHERE, Group, class_map, groups_of, numbers_of, strongest
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.interface import ModelInterval
from terrascope.questions.regions import RegionError
from terrascope.scene.raster_on import raster_on
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Grid, Scale, Scene, View

if TYPE_CHECKING:
    import geopandas

_CLOUDS = "clouds"
_SHOWN = 8


@dataclass
class SceneGround:
    """Implements `questions.regions.Ground` on a scene and class probabilities of its views.

    Attributes
    ----------
    scores
        Class probabilities of a view by its number.
    layers
        Vector and raster files by the name that queries call them; FILE|layername=NAME for a layer of a file.
    intervals
        Gives the model interval of a view, pixel size, class and mask.
    sway
        How far a class is favoured (positive) or held back (negative): a pixel is of it where its probability exceeds
        that of the best other one by more than -`sway`. 0: exclusive classes, as answers have them.
    """

    scene: Scene
    scores: Callable[[int], Scores]
    layers: Mapping[str, Path] = field(default_factory=dict)
    sway: float = 0.0
    intervals: Callable[[View, float | None, str, NDArray[np.bool_]], ModelInterval | None] | None = None
    _maps: dict[int, tuple[tuple[Group, ...], NDArray[np.uint8]]] = field(default_factory=dict)
    _rasters: dict[str, tuple[NDArray[np.float32], NDArray[np.bool_]]] = field(default_factory=dict)
    _frames: dict[str, geopandas.GeoDataFrame] = field(default_factory=dict)

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
        label = self._label(name)
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
        if self.sway:
            return self._swayed(label, self._views[date])
        groups, places = self._classes(self._views[date])
        inside = [place for place, group in enumerate(groups) if group.atoms <= CLASSES[label].atoms]
        return np.isin(places, inside)

    def probability(self, name: str, date: str) -> NDArray[np.float32]:
        """Return the probability of a class at every pixel, float32 [H, W]; 0 where nothing was observed.

        Raises
        ------
        RegionError
            As `cover`.
        """
        self.cover(name, date)  # refuses what cannot be seen
        label = self._label(name)
        view = self._views[date]
        atoms = [ATOMS.index(atom) for atom in sorted(CLASSES[label].atoms)]
        valid = self.scene.views[view].valid
        found: NDArray[np.float32] = large.empty(valid.shape, np.float32)
        for rows, probabilities in self.scores(view).strips():
            found[rows] = np.clip(probabilities[atoms].sum(0), 0, 1) * valid[rows]
        return found

    def model_interval(self, name: str, date: str) -> ModelInterval | None:
        """Return between which shares of a view the truth lies, by places never seen; None where that is not known."""
        if self.intervals is None or self.sway:
            return None
        label = self._label(name)
        view = self.scene.views[self._views[date]]
        return self.intervals(view, self.pixel_m, label, self.cover(name, date))

    @staticmethod
    def _label(name: str) -> str:
        label = name if name in CLASSES else next(iter(labels_in(name)), None)
        if label is None:
            raise RegionError(
                f"{name!r} is no class of land cover.", f"There are {', '.join(CLASSES)}.", "class unknown"
            )
        return label

    def swayed(self, sway: float) -> SceneGround:
        """Return the same ground with classes favoured or held back; what was read and mapped is shared."""
        return replace(self, sway=sway)

    def view_of(self, date: str) -> int:
        """Return the index of the view that shows a date."""
        return self._views[date]

    def values(self, name: str, date: str) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """See `Ground`: bands by name, and NDVI, NDWI, NBR."""
        view = self.scene.views[self._views[date]]
        pair = INDICES.get(name.upper())
        if pair is None:
            if name in self.layers and view.band(name.lower()) is None:
                return self._raster(name)
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
        if column is None and named is not None:
            column = self._column_with(frame, layer, named)
        if column is not None and column not in frame.columns:
            raise RegionError(
                f"Layer {layer!r} has no column {column!r}.", f"It has {', '.join(map(str, frame.columns[:-1]))}."
            )
        if column is not None and named is not None:
            wanted = frame[column].astype(str).str.strip().str.casefold() == named.strip().casefold()
            if not wanted.any():
                raise RegionError(
                    f"No feature of {layer!r} has {named!r} in {column!r}.",
                    f"There are {_some(frame[column].astype(str))}.",
                )
            frame = frame[wanted]
        names = frame[column].astype(str) if column is not None else [str(number) for number in frame.index + 1]
        return list(zip(names, frame.geometry))

    def zones(self, layer: str, column: str | None) -> list[tuple[str, NDArray[np.floating]]]:
        """See `Ground`: features of one name are one zone."""
        shapes: dict[str, list[BaseGeometry]] = {}
        for name, shape in self.features(layer, column, None):
            if shape.area == 0:
                raise RegionError(
                    f"Layer {layer!r} has points or lines; rows need polygons.",
                    "Take a polygon layer, or a buffer of it.",
                )
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
        if name in self._frames:
            return self._frames[name]
        if name not in self.layers:
            known = ", ".join(self.layers) or "none"
            raise RegionError(f"There is no layer {name!r}; there are: {known}.", "Add it to the question.")
        import geopandas  # takes a second to load, and most questions name no layer
        from pyogrio.errors import DataSourceError

        path, _, part = str(self.layers[name]).partition("|layername=")
        try:
            frame = geopandas.read_file(path, layer=part or None)
        except (OSError, ValueError, DataSourceError) as error:
            raise RegionError(f"Layer {name!r} cannot be read: {error}.", "Check its file.") from error
        frame = frame[~frame.geometry.is_empty & frame.geometry.notna()]
        frame.geometry = shapely.make_valid(frame.geometry.values)
        if self.grid.crs is not None and frame.crs is not None:
            frame = frame.to_crs(self.grid.crs)
        self._frames[name] = frame.reset_index(drop=True)
        return self._frames[name]

    @staticmethod
    def _column_with(frame: geopandas.GeoDataFrame, layer: str, named: str) -> str:
        """The column in which one value is that name."""
        wanted = named.strip().casefold()
        for column in frame.columns.drop(frame.geometry.name):
            if (frame[column].astype(str).str.strip().str.casefold() == wanted).any():
                return str(column)
        raise RegionError(f"No feature of {layer!r} is called {named!r}.", "Give the value of one of its columns.")

    def _raster(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The first band of a raster layer on the grid, and where it has values; kept."""
        if name not in self._rasters:
            self._rasters[name] = raster_on(self.layers[name], self.grid)
        return self._rasters[name]

    def _swayed(self, label: str, view: int) -> NDArray[np.bool_]:
        groups = groups_of(self.pixel_m, self.scene.views[view].role.value, self.scene.views[view].bands)
        numbers = numbers_of(groups)
        inside = [places for places, group in zip(numbers, groups) if group.atoms <= CLASSES[label].atoms]
        outside = [places for places in numbers if places not in inside]
        valid = self.scene.views[view].valid
        found: NDArray[np.bool_] = large.empty(valid.shape, np.bool_)
        for rows, probabilities in self.scores(view).strips():
            margin = strongest(probabilities, inside) - strongest(probabilities, outside)
            found[rows] = (margin > -self.sway) & valid[rows]
        return found

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


def _some(values: Iterable[str]) -> str:
    found = sorted(set(values))
    return ", ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")

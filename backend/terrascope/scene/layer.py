"""One layer, recognised: everything that is decided about it before pixels are read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.warp import calculate_default_transform

from terrascope.scene import fill
from terrascope.scene.bands import Recognition, recognise
from terrascope.scene.dates import DateFound, date_of
from terrascope.scene.doubts import Doubt
from terrascope.scene.overviews import STALE, agree
from terrascope.scene.placement import Frame, Placement, upright
from terrascope.scene.products.apply import known_of
from terrascope.scene.raster import Header, environment, header_of, opened, peek
from terrascope.scene.request import LayerRequest
from terrascope.scene.scaling import Conversion, conversion_of
from terrascope.scene.types import Role

#: Values that files use for "nothing" without declaring it.
_SENTINELS = (-9999.0, -32768.0, -999.0, -99999.0, float(np.finfo(np.float32).min), 1e20)


class Unseen(NamedTuple):
    """Pixels that are not observed: `values`, one for each band that is read (None: any), in all bands or in one."""

    values: tuple[float | None, ...]
    any_band: bool


@dataclass(frozen=True)
class Layer:
    """A raster with what was recognised.

    Attributes
    ----------
    nodata
        Value that means "nothing", declared or assumed (then `notes` says so); NaN and infinities always do.
    any_band
        True where `nodata` in one band is enough (a value that no measurement has); else it must be in all bands.
    unseen
        Further colours that mean "nothing", see `Unseen`.
    doubts
        Decisions that the metadata does not make.
    """

    request: LayerRequest
    header: Header
    found: Recognition
    conversion: Conversion
    placement: Placement
    dated: DateFound
    nodata: float | None
    any_band: bool
    nodata_assumed: bool
    notes: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    @property
    def name(self) -> str:
        """Name shown to the user."""
        return self.request.name or Path(self.header.path.replace("\\", "/")).stem or self.header.path

    @property
    def date(self) -> dt.date | None:
        """When it was taken."""
        return self.dated.date

    @property
    def may_be_nan(self) -> bool:
        """True where the file can hold numbers that are none."""
        return any("int" not in self.header.dtypes[i - 1] for i in self.found.indexes)

    @property
    def role(self) -> Role:
        """Kind of sensor."""
        return self.found.role


def inspect(request: LayerRequest) -> Layer:
    """Read a layer's header and a sparse sample, and decide bands, role, date, scale, nodata and place.

    Raises
    ------
    SceneError
        If the raster cannot be opened or the request contradicts it.
    """
    role, dated = request.known_role(), request.known_date()
    with environment(), opened(request.path) as dataset:
        header = header_of(dataset, request.path)
        placement, notes = _place(dataset, header)
        if not agree(dataset, header):
            header = replace(header, overviews=(), stale_overviews=True)
            notes.append(STALE)
        with opened(request.path, **header.open_options) as fresh:
            sample = peek(fresh, header)
    known = known_of(request, header)
    header = known.header if known else header
    found = (known and known.found) or recognise(
        header, sample, role=role, bands=request.bands, alpha=request.known_alpha()
    )
    if header.alpha is not None and found.alpha is None:
        header = replace(header, alpha=None, measured_alpha=True)
    dated = dated or (known and known.dated) or _dated(request, header)
    gaps = _nodata(request, header, found, sample)
    conversion = (known and known.conversion) or conversion_of(
        header, found, sample, date=dated.date, wanted=request.scale, offset=request.known_offset(),
        unseen=gaps.of(sample, found),
    )  # fmt: skip
    gaps = _zero_of_product(gaps, found, conversion, sample)
    if known and known.nodata is not None and request.nodata is None:
        gaps = _Gaps(known.nodata, any_band=True, assumed=True)
    said = known.notes if known else ()
    notes += [*said, *header.warnings, *found.notes, *conversion.notes, *([gaps.note] if gaps.note else [])]
    layer = Layer(
        request, header, found, conversion, placement, dated, gaps.value, gaps.any_band, gaps.assumed, tuple(notes),
        unseen=gaps.unseen,
    )  # fmt: skip
    doubts = (*found.doubts, *conversion.doubts, *gaps.doubts)
    return replace(layer, doubts=tuple(replace(doubt, layer=layer.name) for doubt in doubts))


def _dated(request: LayerRequest, header: Header) -> DateFound:
    properties = header.stac.get("properties", {})
    stac = {k: str(v) for k, v in properties.items()} if isinstance(properties, dict) else {}
    found = date_of(request.path, {**header.tags, **stac})
    if found.date is None and request.name:
        by_name = date_of(request.name)
        return by_name._replace(reason=f"layer name: {by_name.reason}") if by_name.date else found
    return found


def _place(dataset: Any, header: Header) -> tuple[Placement, list[str]]:
    width, height = header.width, header.height
    if header.transform is not None:
        frame, rows, columns = upright(Frame(width, height, header.transform, header.crs))
        notes = []
        if rows or columns:
            notes.append("its rows or columns run the other way round; it was turned north up, nothing resampled")
        if frame.transform.b or frame.transform.d:
            notes.append("its grid is rotated against the axes of its CRS")
        if header.crs is None:
            notes.append("it has no CRS; areas are given in pixels. Set it in Layer > Properties > Source")
        return Placement(frame, "transform", rows, columns), notes
    if header.gcp_crs is not None:
        try:
            gcps, crs = dataset.gcps
            transform, w, h = calculate_default_transform(crs, crs, width, height, gcps=gcps)
            frame, _, _ = upright(Frame(int(w), int(h), transform, crs))
            return Placement(frame, "gcps"), [f"it is placed by {len(gcps)} ground control points"]
        except RasterioError as error:
            note = f"its ground control points cannot be used ({error}) and are ignored"
            return _by_pixels(width, height), [note]
    if dataset.rpcs:
        note = "it has only rational polynomials (RPC), which are not used; areas are given in pixels. Orthorectify it"
        return _by_pixels(width, height), [note]
    note = "it has no georeference; areas are given in pixels. Georeference it to get ground units"
    return _by_pixels(width, height), [note]


def _by_pixels(width: int, height: int) -> Placement:
    return Placement(Frame(width, height, Affine(1, 0, 0, 0, -1, 0), None), "pixels")


class _Gaps(NamedTuple):
    """What is not observed; see `Layer`."""

    value: float | None
    any_band: bool = True
    assumed: bool = False
    unseen: tuple[Unseen, ...] = ()
    note: str = ""
    doubts: tuple[Doubt, ...] = ()
    settled: bool = False  # the user, or a mask of the file, says what was observed

    def of(self, sample: NDArray[np.float32] | None, found: Recognition) -> NDArray[np.bool_] | None:
        """Bool [h, w] of a sample of all bands of the file."""
        if sample is None:
            return None
        return unseen_pixels(sample[[i - 1 for i in found.indexes]], self.value, self.any_band, self.unseen)


def _nodata(request: LayerRequest, header: Header, found: Recognition, sample: NDArray[np.float32] | None) -> _Gaps:
    """What the user says, what the file declares, and what the pixels show beside it."""
    dtype = header.dtypes[found.indexes[0] - 1] if found.indexes else header.dtypes[0]
    wanted = request.known_nodata(len(found.indexes))
    if wanted is not None:
        return _of_values(wanted, dtype, assumed=True)._replace(settled=True)
    declared = tuple(header.nodata[i - 1] for i in found.indexes)
    own = _of_values(declared, dtype, assumed=False)
    if sample is None or header.alpha or header.internal_mask or found.palette:
        return own._replace(settled=True)
    values = sample[[i - 1 for i in found.indexes]]
    if own.value is None and not own.unseen and dtype.startswith(("int", "float")):
        for sentinel in _SENTINELS:
            if (values == np.float32(sentinel)).any():
                note = f"no nodata is declared; {sentinel:g} is taken as nodata"
                own = _Gaps(sentinel, True, True, note=note)
                break
    return _with_fill(own, values, dtype)


def _zero_of_product(
    gaps: _Gaps, found: Recognition, conversion: Conversion, sample: NDArray[np.float32] | None
) -> _Gaps:
    """Products that write 0 where there is nothing do so wherever it lies."""
    if sample is None or not conversion.zero_is_nodata or gaps.value is not None or gaps.unseen or gaps.doubts:
        return gaps
    if gaps.settled or not (sample[[i - 1 for i in found.indexes]] == 0).all(axis=0).any():
        return gaps
    return _Gaps(0.0, False, True, note="no nodata is declared; 0 in all bands is taken as nodata")


def _with_fill(own: _Gaps, values: NDArray[np.float32], dtype: str) -> _Gaps:
    """Beside what is declared, the fill that the pixels show."""
    filled = fill.find(values, dtype, unseen_pixels(values, own.value, own.any_band, own.unseen))
    if filled is None:
        return own
    gaps = own._replace(doubts=(filled.doubt,))
    colour = filled.colour
    if colour is None:
        return gaps
    if own.value is None and not own.unseen and len(set(colour)) == 1:
        return gaps._replace(value=colour[0], any_band=False, assumed=True)
    return gaps._replace(unseen=(*own.unseen, Unseen(colour, False)))


def _of_values(values: tuple[float | None, ...], dtype: str, *, assumed: bool) -> _Gaps:
    """One value of all bands, or those of each band where they differ."""
    given = {value for value in values if value is not None}
    if not given:
        return _Gaps(None)
    one = next(iter(given))
    if len(given) == 1 or all(np.isnan(value) for value in given):
        return _Gaps(one, _is_extreme(one, dtype), assumed)
    every = all(_is_extreme(value, dtype) for value in given)
    shown = ", ".join("none" if value is None else f"{value:g}" for value in values)
    return _Gaps(None, unseen=(Unseen(values, every),), note=f"each band has its own nodata: {shown}")


def unseen_pixels(
    values: NDArray[np.float32], nodata: float | None, any_band: bool, unseen: tuple[Unseen, ...]
) -> NDArray[np.bool_]:
    """Bool [h, w] of values [B, h, w] in the file's numbers: nodata, or one of the colours that mean "nothing"."""
    out: NDArray[np.bool_] = np.zeros(values.shape[1:], dtype=bool)
    rules = [*unseen, *([Unseen((nodata,) * len(values), any_band)] if nodata is not None else [])]
    for rule in rules:
        hits = [
            np.isnan(band) if np.isnan(value) else band == np.float32(value)
            for band, value in zip(values, rule.values)
            if value is not None
        ]
        if hits:
            out |= np.logical_or.reduce(hits) if rule.any_band else np.logical_and.reduce(hits)
    return out


def _is_extreme(value: float, dtype: str) -> bool:
    if np.isnan(value) or value < 0:
        return True
    if dtype == "uint8" or "float" not in dtype:
        return dtype != "uint8" and value > 0
    return abs(value) > 1e4

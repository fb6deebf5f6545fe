"""`open_scene` and `describe`: from layer requests to a scene, and to what a scene would be."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.errors import SceneError
from terrascope.process_memory import free_mb, give_back
from terrascope.scene import grid as grids
from terrascope.scene.dates import date_text
from terrascope.scene.doubts import Doubt, refuse_open
from terrascope.scene.grid import Choice
from terrascope.scene.hashing import fingerprint
from terrascope.scene.layer import Layer, inspect
from terrascope.scene.merge import merge_products, product_key
from terrascope.scene.placement import Frame, crs_name, crs_text, metres_per_pixel, pixel_size
from terrascope.scene.products.calibration import field_of
from terrascope.scene.products.expand import Expanded, expand
from terrascope.scene.products.quality import Observed, observed
from terrascope.scene.raster import environment, header_of, kept_open, opened
from terrascope.scene.reading import Adjust, Plan, Progress, plan, read
from terrascope.scene.request import Area, LayerRequest
from terrascope.scene.scaling import Kind
from terrascope.scene.sequence import settle_dates, settle_siblings, time_order
from terrascope.scene.types import Affine6, Grid, Role, Scene, Source, View

if TYPE_CHECKING:
    from terrascope.scene.pairs import Pair

log = logging.getLogger(__name__)

#: What tiles need: bytes of temporary files for a pixel of a view, beside its bands; bytes of memory for a pixel of the
#: width of the view (a row of windows, its bands and its class probabilities), and bytes besides.
FILE_BYTES, ROW_BYTES, BASE_BYTES = 32, 56_000, 300 * 2**20
ALWAYS_FITS = 1024
#: Time that the embedded model takes for a megapixel on one core of an old processor.
SECONDS_A_MEGAPIXEL = 3.2


@dataclass(frozen=True)
class LayerDescription:
    """What was recognised of one layer, before any pixel of the scene is read.

    `reasons` says why for "bands", "date", "scale" and "place"; `treatment` how it gets onto the grid; `doubts` are the
    decisions that the metadata does not make, the open ones to be asked before the scene can be read.
    """

    path: str
    name: str
    role: str
    sensor: str | None
    bands: tuple[str, ...]
    date: str | None
    scale: str
    width: int
    height: int
    dtype: str
    crs: str | None
    pixel_size: tuple[float, float]
    pixel_size_m: tuple[float, float] | None
    reasons: dict[str, str]
    treatment: str
    warnings: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class SceneDescription:
    """What `open_scene` would give. Sizes in pixels, `gsd_m` in metres (x, y), None without a CRS."""

    width: int
    height: int
    crs: str | None
    transform: tuple[float, float, float, float, float, float]
    gsd_m: tuple[float, float] | None
    native_gsd_m: tuple[float, float] | None
    native_width: int
    native_height: int
    tiled: bool
    would_tile: bool
    layers: tuple[LayerDescription, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def open_scene(
    layers: Sequence[LayerRequest],
    area: Area | None = None,
    *,
    max_size: int = 1024,
    tiled: bool = False,
    progress: Progress | None = None,
) -> Scene:
    """Read layers into a scene on one grid.

    Parameters
    ----------
    layers
        One or more rasters; single-band files of one product become one view.
    area
        Part to read; None for everything that the layers share.
    max_size
        Longest side of the views in pixels. Larger areas are averaged down (from overviews where there are any), and
        the effective pixel size is stated.
    tiled
        Read at the native resolution instead; views larger than memory live in a temporary file.
    progress
        Called as ``progress(fraction, message)``; what it raises ends the reading.

    Raises
    ------
    SceneError
        If a layer cannot be read, placed or understood; the message names it and the way out.
    """
    with environment(), kept_open():
        scene = _open(layers, area, max_size, tiled, progress)
    if any(large.in_file(view.pixels) for view in scene.views):
        give_back()
    return scene


def _open(
    layers: Sequence[LayerRequest], area: Area | None, max_size: int, tiled: bool, progress: Progress | None
) -> Scene:
    found, choice, expanded = _prepare(layers, area, max_size, tiled)
    doubts = _doubts(found)
    refuse_open(doubts)
    if tiled:
        _refuse_if_too_large(choice.grid, found)
    inside = grids.inside(choice)
    views: list[View] = []
    seen = _observed(found, choice)
    notes = [*choice.notes, *expanded.notes, *(note for each in seen.values() for note in each.notes)]
    for number, layer in enumerate(found):

        def step(fraction: float, message: str, done: int = number) -> None:
            if progress is not None:
                progress((done + fraction) / len(found), message)

        target = _target(layer, choice)
        mine = seen.get(layer.request.product.key) if layer.request.product else None
        pixels, valid, how = read(layer, target, step, _both(inside, mine), _calibration(layer, target))
        if not valid.any():
            if mine is not None and mine.shares and not mine.seen.any():
                raise SceneError(
                    f'"{layer.name}" shows nothing of the area: {" ".join(mine.notes)}', "Choose another date or area."
                )
            raise SceneError(
                f'"{layer.name}" has no valid pixel in the area: all are nodata, masked or outside it.',
                "Choose another area, or check the nodata value in the layer's properties.",
            )
        views.append(_view(layer, how, pixels, valid))
    files = [(layer.header.path, layer.placement.frame) for layer in found]
    views = merge_products(views, files, [layer.request.product for layer in found])
    views, order_note = time_order(views)
    pairs: tuple[Pair, ...] = ()
    if len(views) > 1:
        from terrascope.scene.pairs import comparable  # takes a second to load, and describing needs it not

        wanted = {layer.header.path: layer.request.known_align() for layer in found}
        together = comparable(views, [wanted.get(view.source.path) for view in views], metres_per_pixel(choice.grid))
        refuse_open(together.doubts)
        views, doubts, pairs = list(together.views), (*doubts, *together.doubts), together.pairs
    notes = [
        *_size_notes(choice, tiled),
        *_tile_notes(choice.grid, found, tiled, max_size),
        *notes,
        *order_note,
        *_view_notes(views),
        *(f"{note}." for pair in pairs for note in pair.notes),
        *(f'"{doubt.layer}": {doubt.text}.' for doubt in doubts),
    ]
    return Scene(
        grid=_grid(choice.grid),
        views=tuple(views),
        gsd_m=metres_per_pixel(choice.grid),
        native_gsd_m=_finest(found),
        tiled=tiled and max(choice.grid.width, choice.grid.height) > max_size,
        notes=tuple(dict.fromkeys(notes)),
        extra={"reference": choice.reference.header.path},
        doubts=doubts,
        comparable=math.prod(pair.likely for pair in pairs),
    )


def describe(
    layers: Sequence[LayerRequest], area: Area | None = None, max_size: int = 1024, *, tiled: bool = False
) -> SceneDescription:
    """Say what `open_scene` would read, from headers and a sparse sample alone.

    Raises
    ------
    SceneError
        As `open_scene`.
    """
    found, choice, expanded = _prepare(layers, area, max_size, tiled)
    single = [_describe_layer(layer, plan(layer, _target(layer, choice))) for layer in found]
    described = tuple(_by_request(layers, single, expanded))
    grid, native = choice.grid, choice.native
    warnings = [f'"{d.name}": {w}.' for d in described for w in d.warnings]
    return SceneDescription(
        width=grid.width,
        height=grid.height,
        crs=crs_text(grid.crs),
        transform=Affine6(*grid.transform[:6]),
        gsd_m=metres_per_pixel(grid),
        native_gsd_m=_finest(found),
        native_width=native.width,
        native_height=native.height,
        tiled=tiled and max(grid.width, grid.height) > max_size,
        would_tile=max(native.width, native.height) > max_size,
        layers=described,
        notes=(*_size_notes(choice, tiled), *_tile_notes(grid, found, tiled, max_size), *choice.notes, *expanded.notes),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _prepare(
    layers: Sequence[LayerRequest], area: Area | None, max_size: int, tiled: bool
) -> tuple[list[Layer], Choice, Expanded]:
    if not layers:
        raise SceneError("No layer is given.", "Choose at least one raster layer.")
    if max_size < 1:
        raise SceneError(f"max_size is {max_size}.", "Give at least 1 pixel.")
    with environment():
        expanded = expand(layers)
        found, expanded = _pictures([inspect(request) for request in expanded.requests], expanded)
        found = settle_siblings(settle_dates(found))
    return found, grids.choose(found, area, max_size, tiled), expanded


def _pictures(layers: list[Layer], expanded: Expanded) -> tuple[list[Layer], Expanded]:
    """Leave out what is no picture of the ground.

    Raises
    ------
    SceneError
        If nothing remains.
    """
    others = [layer for layer in layers if layer.found.no_picture]
    if not others:
        return layers, expanded
    if len(others) == len(layers):
        first = others[0]
        raise SceneError(
            f'"{first.name}" is no picture of the ground: {first.found.no_picture}.',
            "Untick this layer and choose a satellite or aerial image. If its bands are measurements after all, name "
            "them: bands=red,green,blue.",
        )
    keep = [number for number, layer in enumerate(layers) if not layer.found.no_picture]
    left_out = {expanded.owners[n]: layer.found.no_picture for n, layer in enumerate(layers) if n not in keep}
    notes = [f'"{each.name}" is left out, it is no picture of the ground: {each.found.no_picture}.' for each in others]
    return [layers[n] for n in keep], replace(
        expanded,
        requests=tuple(expanded.requests[n] for n in keep),
        owners=tuple(expanded.owners[n] for n in keep),
        left_out={**expanded.left_out, **left_out},
        notes=(*expanded.notes, *notes),
    )


def _doubts(layers: Sequence[Layer]) -> tuple[Doubt, ...]:
    """The doubts of all layers; what the bands of one product share is one doubt."""
    first: dict[tuple[str, str, str], Doubt] = {}
    for layer in layers:
        group = layer.request.product.key if layer.request.product else product_key(layer.header.path) or layer.name
        for doubt in layer.doubts:
            first.setdefault((group, doubt.what, doubt.reason), doubt)
    return tuple(first.values())


def _observed(layers: Sequence[Layer], choice: Choice) -> dict[str, Observed]:
    """Where each product saw the ground, by the product's key."""
    products = {layer.request.product.key: layer.request.product for layer in layers if layer.request.product}
    return {key: seen for key, each in products.items() if (seen := observed(each, choice.grid)) is not None}


def _calibration(layer: Layer, grid: Frame) -> Adjust | None:
    """What makes sigma0 of a radar product's amplitudes on the grid; None for all other layers."""
    product = layer.request.product
    file = product.file_of(layer.request.path) if product else None
    if file is None or file.tables is None or layer.conversion.kind is not Kind.AMPLITUDE:
        return None
    field = field_of(file.path, file.tables)
    if field is None or layer.placement.placed_by != "gcps":
        return None
    return lambda row, values: field.sigma0(row, values, grid)


def _both(inside: NDArray[np.bool_] | None, seen: Observed | None) -> NDArray[np.bool_] | None:
    if inside is None or seen is None:
        return inside if seen is None else seen.seen
    return inside & seen.seen


def _by_request(
    layers: Sequence[LayerRequest], single: Sequence[LayerDescription], expanded: Expanded
) -> list[LayerDescription]:
    """One description for each request: of the files of a folder or archive together, and of what is left out."""
    out: list[LayerDescription] = []
    for number, request in enumerate(layers):
        mine = [each for each, owner in zip(single, expanded.owners) if owner == number]
        if not mine:
            out.append(_left_out(request, expanded.left_out.get(number, "no picture")))
            continue
        first = min(mine, key=lambda each: each.pixel_size)
        if len(mine) == 1:
            out.append(first)
            continue
        bands = tuple(dict.fromkeys(band for each in mine for band in each.bands))
        warnings = tuple(dict.fromkeys(text for each in mine for text in each.warnings))
        doubts = tuple(dict.fromkeys(doubt for each in mine for doubt in each.doubts))
        out.append(replace(first, path=request.path, bands=bands, warnings=warnings, doubts=doubts))
    return out


def _left_out(request: LayerRequest, why: str) -> LayerDescription:
    with environment(), opened(request.path) as dataset:
        header = header_of(dataset, request.path)
    size = pixel_size(header.transform) if header.transform is not None else (1.0, 1.0)
    return LayerDescription(
        path=request.path,
        name=request.name or header.stem,
        role=Role.OPTICAL.value,
        sensor=None,
        bands=(),
        date=None,
        scale="raw",
        width=header.width,
        height=header.height,
        dtype=header.dtypes[0],
        crs=crs_name(header.crs) if header.crs is not None else None,
        pixel_size=size,
        pixel_size_m=None,
        reasons={"bands": why},
        treatment=f"left out: {why}",
        warnings=(f"it is left out: {why}",),
    )


def _refuse_if_too_large(grid: Frame, layers: Sequence[Layer]) -> None:
    """Refuse tiles that would not fit into memory or into the temporary folder."""
    if max(grid.width, grid.height) <= ALWAYS_FITS:
        return
    large.refuse_without_room(tiled_bytes(grid.width, grid.height, [len(layer.found.bands) for layer in layers]))
    free, need = free_mb(), (grid.width * ROW_BYTES + BASE_BYTES) / 2**20
    if free is not None and need > free:
        width = int((free * 2**20 - BASE_BYTES) / ROW_BYTES) // 100 * 100
        raise SceneError(
            f"Tiles of an area {grid.width} pixels wide need about {need / 1024:.1f} GiB of memory, "
            f"{free / 1024:.1f} GiB are free.",
            (f"Choose an area of at most {width} pixels' width, or ask" if width > 0 else "Ask")
            + " without tiles: large areas are then read coarser.",
        )


def tiled_bytes(width: int, height: int, bands: Sequence[int]) -> int:
    """Return the bytes of temporary files that a question about views of so many bands takes in tiles."""
    return sum(width * height * (4 * number + FILE_BYTES) for number in bands)


def _target(layer: Layer, choice: Choice) -> Frame:
    """The grid as the layer sees it: a layer without a place of its own is read by the reference's pixels."""
    if not grids.placed_as_reference(layer, choice.reference):
        return choice.grid
    own, base = layer.placement.frame, choice.reference.placement.frame
    moved = own.transform @ (~base.transform @ choice.grid.transform)
    return Frame(choice.grid.width, choice.grid.height, moved, own.crs)


def _grid(frame: Frame) -> Grid:
    return Grid(frame.width, frame.height, Affine6(*(float(v) for v in frame.transform[:6])), crs_text(frame.crs))


def _finest(layers: Sequence[Layer]) -> tuple[float, float] | None:
    sizes = [s for s in (metres_per_pixel(x.placement.frame) for x in layers) if s is not None]
    return min(sizes, key=lambda s: s[0] * s[1]) if sizes else None


def _view(layer: Layer, how: Plan, pixels: np.ndarray, valid: np.ndarray) -> View:
    mark = fingerprint(layer.header.path)
    notes = [f"bands: {layer.found.reason}", f"scale: {layer.conversion.reason}", f"date: {_date_reason(layer)}"]
    notes += [n for n in (how.note, mark.note, *layer.notes) if n]
    value = f"sampled:{mark.value}" if mark.sampled else mark.value
    return View(
        name=layer.name,
        role=layer.role,
        date=layer.date,
        bands=layer.found.bands,
        scale=layer.conversion.scale,
        pixels=pixels,
        valid=valid,
        date_precision=layer.dated.precision,
        time=layer.dated.time,
        source=Source(
            path=layer.header.path,
            sha256=value,
            sensor=layer.found.sensor,
            sensor_reason=layer.found.reason,
            native_pixel_size=pixel_size(layer.placement.frame.transform),
            notes=tuple(notes),
        ),
    )


def _date_reason(layer: Layer) -> str:
    known = {"year": "; only the year is known", "month": "; only the month is known"}.get(layer.dated.precision, "")
    return layer.dated.reason + known


def _size_notes(choice: Choice, tiled: bool) -> list[str]:
    grid, native = choice.grid, choice.native
    metres = metres_per_pixel(grid)
    size = f"{grid.width} x {grid.height} pixels"
    if metres is not None:
        size += f" of {_length(metres[0])} x {_length(metres[1])}"
        if grid.crs is not None and grid.crs.is_geographic:
            size += " (at the centre)"
    if (grid.width, grid.height) == (native.width, native.height):
        return [f"Effective pixel size: {size}, not resampled from \"{choice.reference.name}\"."
                if choice.reference.placement.placed_by != "gcps" else f"Effective pixel size: {size}."]  # fmt: skip
    own = metres_per_pixel(native)
    before = f" of {_length(own[0])} x {_length(own[1])}" if own else ""
    return [f"Effective pixel size: {size}, reduced from {native.width} x {native.height} pixels{before}."]


def _tile_notes(grid: Frame, layers: Sequence[Layer], tiled: bool, max_size: int) -> list[str]:
    """What tiles cost: said before they are begun."""
    if not tiled or max(grid.width, grid.height) <= max_size:
        return []
    pixels = grid.width * grid.height * len(layers)
    need = tiled_bytes(grid.width, grid.height, [len(layer.found.bands) for layer in layers])
    room = f", and {need / 2**30:.1f} GiB in the temporary folder" if need > 2**30 else ""
    seconds = pixels / 1e6 * SECONDS_A_MEGAPIXEL
    took = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return [f"Looked at in tiles of native pixel size: {pixels / 1e6:,.1f} megapixels, about {took} of one "
            f"processor core with the embedded model{room}."]  # fmt: skip


def _length(metres: float) -> str:
    return f"{metres / 1000:.4g} km" if metres >= 1000 else f"{metres:.4g} m"


def _view_notes(views: list[View]) -> list[str]:
    notes = []
    for view in views:
        share = large.count(view.valid) / view.valid.size
        skip = ("bands: ", "scale: ", "date: ", "hash of")
        for text in view.source.notes:
            if not text.startswith(skip):
                notes.append(f'"{view.name}": {text}.')
        if share < 0.9995:
            notes.append(f'"{view.name}": {share:.1%} of the pixels are valid.')
    return notes


def _describe_layer(layer: Layer, how: Plan) -> LayerDescription:
    header, frame = layer.header, layer.placement.frame
    warnings = [*layer.notes, *(doubt.text for doubt in layer.doubts)]
    if not layer.found.sure and not any(doubt.what == "bands" for doubt in layer.doubts):
        warnings.append(f"its bands are a guess ({layer.found.reason}); set them in the layer's row if they are wrong")
    if header.dtypes[0] in ("uint16", "int16") and layer.conversion.scale.value == "raw":
        warnings.append("16-bit numbers without a known scale; pictures of it are stretched")
    if header.crs is not None and how.window is None:
        warnings.append("it is on another grid and is warped")
    return LayerDescription(
        path=header.path,
        name=layer.name,
        role=layer.role.value,
        sensor=layer.found.sensor,
        bands=layer.found.bands,
        date=date_text(layer.date, layer.dated.precision),
        scale=layer.conversion.scale.value,
        width=header.width,
        height=header.height,
        dtype=header.dtypes[0],
        crs=crs_name(frame.crs) if frame.crs is not None else None,
        pixel_size=pixel_size(frame.transform),
        pixel_size_m=metres_per_pixel(frame),
        reasons={
            "bands": layer.found.reason,
            "date": _date_reason(layer),
            "scale": layer.conversion.reason,
            "place": layer.placement.placed_by,
        },
        treatment=how.note or "read as it is",
        warnings=tuple(dict.fromkeys(warnings)),
        doubts=layer.doubts,
    )


def with_bands(request: LayerRequest, bands: dict[str, int]) -> LayerRequest:
    """Return the request with other bands."""
    return replace(request, bands=bands)

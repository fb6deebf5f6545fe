"""What a product says of one open file: bands, numbers, date and nodata in place of what would be recognised."""

from __future__ import annotations

from dataclasses import dataclass, replace

from terrascope.scene.bands import Recognition
from terrascope.scene.dates import DateFound
from terrascope.scene.products.types import Product, ProductBand
from terrascope.scene.raster import Header
from terrascope.scene.request import LayerRequest
from terrascope.scene.scaling import Conversion


@dataclass(frozen=True)
class Known:
    """None of `found`, `conversion`, `dated`, `nodata`: the product does not say, or the user said otherwise.

    `header` is the file's, without an alpha band where the product has a measurement.
    """

    header: Header
    found: Recognition | None
    conversion: Conversion | None
    dated: DateFound | None
    nodata: float | None
    notes: tuple[str, ...]


def known_of(request: LayerRequest, header: Header) -> Known | None:
    """Return what the request's product says of its file; None without a product.

    What the user chose (role, bands, scale) is left to the rules that respect it.
    """
    product = request.product
    file = product.file_of(request.path) if product else None
    if product is None or file is None or request.known_role() not in (None, product.role):
        return None
    bands = file.bands_of(header)
    if not bands or any(band.index > header.count for band in bands):
        return None
    if request.bands:
        chosen = [next((b for b in bands if b.index == i), None) for i in request.bands.values()]
        measured = tuple(b for b in chosen if b is not None)
        bands = measured if len(measured) == len(chosen) else ()
    dtype = header.dtypes[bands[0].index - 1] if bands else ""
    own_numbers = dtype.startswith(file.scaled_types) if dtype else False
    indexes = tuple(band.index for band in bands)
    declared = any(header.nodata[i - 1] is not None for i in indexes)
    return Known(
        header=replace(header, alpha=None, measured_alpha=True) if header.alpha in indexes else header,
        found=None if request.bands or not bands else _recognition(product, bands, header),
        conversion=_conversion(product, bands) if own_numbers and request.scale is None else None,
        dated=DateFound(product.date, f"{product.title}, from {product.source}") if product.date else None,
        nodata=file.nodata if own_numbers and not declared else None,
        notes=(product.said, *product.notes, *product.doubts),
    )


def _recognition(product: Product, bands: tuple[ProductBand, ...], header: Header) -> Recognition:
    indexes = tuple(band.index for band in bands)
    return Recognition(
        sensor=product.sensor,
        role=product.role,
        bands=tuple(band.name for band in bands),
        indexes=indexes,
        alpha=None if header.alpha in indexes else header.alpha,
        reason=f"the bands of {product.title}",
    )


def _conversion(product: Product, bands: tuple[ProductBand, ...]) -> Conversion | None:
    if product.scale is None:
        return None
    return Conversion(
        product.scale,
        f"{product.title}, {product.law}, from {product.source}",
        tuple(band.gain for band in bands),
        tuple(band.offset for band in bands),
        product.kind,
        notes=product.doubts,
    )

"""A STAC item as one image: the bands of its assets that lie on this machine, or on the web where the user allows it.

Facts: STAC 1.0 and 1.1, extensions eo, raster, sar and projection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from terrascope.errors import SceneError
from terrascope.scene import sensors
from terrascope.scene.dates import parse_date
from terrascope.scene.products.hls import FMASK
from terrascope.scene.products.landsat import QA_PIXEL
from terrascope.scene.products.sentinel2 import SCL_RULES
from terrascope.scene.products.tree import absolute, base
from terrascope.scene.products.types import FROM_METADATA, Product, ProductBand, ProductFile, Quality
from terrascope.scene.scaling import Kind
from terrascope.scene.types import BANDS, Role, Scale

_ITEM_BYTES = 16 * 2**20
_SAR = frozenset({"vv", "vh", "hh", "hv"})
_NOT_DATA = frozenset({"thumbnail", "overview", "metadata", "visual"})
_QUALITY = {"scl": ("scene classification (SCL)", SCL_RULES), "qa_pixel": ("pixel quality (QA_PIXEL)", QA_PIXEL),
            "qa": ("pixel quality (QA_PIXEL)", QA_PIXEL), "fmask": ("cloud mask (Fmask)", FMASK)}  # fmt: skip
_S2_OFFSET_BASELINE = 4.0


def is_item(path: str) -> bool:
    """Say whether a local file is a STAC item."""
    if not path.lower().endswith((".json", ".geojson")):
        return False
    try:
        if Path(path).stat().st_size > _ITEM_BYTES:
            return False
        with Path(path).open(encoding="utf-8") as file:
            item = json.load(file)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(item, dict) and item.get("type") == "Feature" and "stac_version" in item and "assets" in item


def product(path: str, *, online: bool = False) -> Product:
    """Read an item.

    Raises
    ------
    SceneError
        If it has no band that can be read, or its files are on the web and `online` is False.
    """
    with Path(path).open(encoding="utf-8") as file:
        item = json.load(file)
    properties = item.get("properties") if isinstance(item.get("properties"), dict) else {}
    assets = item.get("assets") if isinstance(item.get("assets"), dict) else {}
    sensor = _sensor(item, properties)
    bands: dict[str, ProductFile] = {}
    quality: list[Quality] = []
    left_out: dict[str, str] = {}
    remote: list[str] = []
    known_scale = True
    for key, asset in assets.items():
        if not isinstance(asset, dict) or not isinstance(asset.get("href"), str):
            continue
        href, is_local = _place(path, asset["href"], online)
        if str(key).lower() in _QUALITY and (is_local or online):
            name, rules = _QUALITY[str(key).lower()]
            quality.append(Quality(href, name, rules))
            left_out[href] = name
            continue
        found, scaled = _bands(str(key), asset, sensor, properties)
        if not found:
            continue
        if not is_local and not online:
            remote.append(asset["href"])
            continue
        names = "+".join(band.name for band in found)
        if names not in bands or _is_tiff(href):
            bands[names] = ProductFile(href, found, _nodata(asset), _pixel_size(asset))
            known_scale = known_scale and scaled
    if not bands:
        raise _nothing(path, remote)
    single = {k: v for k, v in bands.items() if "+" not in k}
    files = tuple(sorted((single or bands).values(), key=lambda each: each.pixel_size))
    named = {name for key in (single or bands) for name in key.split("+")}
    role = Role.SAR if named <= _SAR else Role.OPTICAL
    collection = str(item.get("collection") or "")
    scale: Scale | None = (Scale.REFLECTANCE if known_scale else None) if role is Role.OPTICAL else None
    kind = Kind.LINEAR
    if role is Role.SAR and "rtc" in collection:
        scale, kind = Scale.DB, Kind.POWER
    elif role is Role.SAR and "grd" in collection:
        scale, kind = Scale.DB, Kind.AMPLITUDE
    law = "scale and offset of the item" if scale is Scale.REFLECTANCE else ""
    when = properties.get("datetime") or properties.get("start_datetime") or ""
    return Product(
        name=str(item.get("id") or base(path)),
        title=f"{sensor.name if sensor else 'STAC item'}{f' ({collection})' if collection else ''}",
        sensor=sensor.name if sensor else "",
        files=files,
        law=law,
        source=FROM_METADATA,
        role=role,
        date=parse_date(str(when)),
        scale=scale,
        kind=kind,
        quality=tuple(quality[:1]),
        left_out=left_out,
        key=absolute(path),
    )


def _nothing(path: str, remote: list[str]) -> SceneError:
    if remote:
        host = urlsplit(remote[0]).netloc or remote[0]
        return SceneError(
            f"The files of {path!r} are on the web ({host}), and nothing is fetched by what a file says.",
            "Allow it (--online on the command line), or download the files beside the item.",
        )
    return SceneError(f"{path!r} has no asset with a band that is known.", "Choose the band files themselves.")


def _place(item: str, href: str, online: bool) -> tuple[str, bool]:
    """The file of an asset, and whether it is on this machine: as it says, or of its name beside the item."""
    folder = Path(absolute(item)).parent
    split = urlsplit(href)
    is_url = len(split.scheme) > 1 and split.scheme != "file"
    beside = folder / base(unquote(split.path))
    if is_url:
        return (str(beside), True) if beside.is_file() else (href, False)
    path = Path(absolute(str(folder / (unquote(split.path) if split.scheme == "file" else href))))
    if not path.is_file() and beside.is_file():
        return str(beside), True
    return str(path), path.is_file()


def _sensor(item: Mapping[str, Any], properties: Mapping[str, Any]) -> sensors.Sensor | None:
    said = (item.get("collection"), properties.get("platform"), properties.get("constellation"))
    texts = [*(str(each or "") for each in said), " ".join(map(str, properties.get("instruments") or ()))]
    if "hls" in texts[0].lower() and (found := sensors.sensor_from_name(texts[0])):
        return found
    return next((s for text in texts[1:] + texts[:1] if (s := sensors.sensor_from_text(text))), None)


def _bands(
    key: str, asset: Mapping[str, Any], sensor: sensors.Sensor | None, properties: Mapping[str, Any]
) -> tuple[tuple[ProductBand, ...], bool]:
    """The known bands of an asset, and whether their scale is known."""
    roles = {str(each) for each in asset.get("roles") or ()}
    if roles & _NOT_DATA or not _is_raster(asset):
        return (), False
    entries = next((asset[k] for k in ("bands", "eo:bands") if isinstance(asset.get(k), list)), None)
    if entries is None:
        entries = asset.get("sar:polarizations") or [key]
    stored = asset.get("raster:bands")
    numbers: list[Any] = stored if isinstance(stored, list) else []
    found, scaled = [], True
    for index, entry in enumerate(entries, 1):
        name = _band(entry, key if len(entries) == 1 else "", sensor)
        if name is None:
            continue
        stated = numbers[index - 1] if index <= len(numbers) and isinstance(numbers[index - 1], dict) else {}
        if isinstance(entry, dict) and any(k.startswith("raster:") for k in entry):
            stated = {k.removeprefix("raster:"): v for k, v in entry.items()} | stated
        law = _law(stated, sensor, properties)
        scaled = scaled and law is not None
        gain, offset = law or (1.0, 0.0)
        found.append(ProductBand(name, index, gain, offset))
    return tuple(found), scaled


def _band(entry: object, key: str, sensor: sensors.Sensor | None) -> str | None:
    texts = [key]
    if isinstance(entry, dict):
        common = entry.get("eo:common_name") or entry.get("common_name")
        texts = [str(entry.get("name") or ""), key, str(common or "")]
        if common in BANDS:
            texts = [str(common), *texts]
    elif isinstance(entry, str):
        texts = [entry, key]
    names = (sensors.band_from_text(text, sensor) for text in texts if text)
    return next((name for name in names if name in BANDS or name in _SAR), None)


def _law(
    stated: Mapping[str, Any], sensor: sensors.Sensor | None, properties: Mapping[str, Any]
) -> tuple[float, float] | None:
    """(gain, offset) by the item; for Sentinel-2 the offset by what the item says was done to it."""
    scale, offset = stated.get("scale"), stated.get("offset")
    gain = float(scale) if isinstance(scale, (int, float)) else None
    shift = float(offset) if isinstance(offset, (int, float)) else 0.0
    if sensor is sensors.S2:
        if str(properties.get("earthsearch:boa_offset_applied", "")).lower() == "true":
            return gain or 1e-4, 0.0
        baseline = str(properties.get("s2:processing_baseline") or properties.get("processing:version") or "")
        if re.fullmatch(r"\d+(\.\d+)?", baseline) and float(baseline) < 99:
            return gain or 1e-4, -0.1 if float(baseline) >= _S2_OFFSET_BASELINE else 0.0
    return (gain, shift) if gain is not None else None


def _nodata(asset: Mapping[str, Any]) -> float | None:
    for key in ("raster:bands", "bands"):
        for entry in asset.get(key) or ():
            if isinstance(entry, dict) and isinstance(entry.get("nodata"), (int, float)):
                return float(entry["nodata"])
    return None


def _pixel_size(asset: Mapping[str, Any]) -> float:
    for source in (asset, *[e for e in asset.get("raster:bands") or () if isinstance(e, dict)]):
        for key in ("gsd", "spatial_resolution", "raster:spatial_resolution"):
            if isinstance(source.get(key), (int, float)):
                return float(source[key])
    return 0.0


def _is_raster(asset: Mapping[str, Any]) -> bool:
    kind, href = str(asset.get("type") or ""), str(asset["href"]).lower().partition("?")[0]
    return "tiff" in kind or "jp2" in kind or href.endswith((".tif", ".tiff", ".jp2"))


def _is_tiff(href: str) -> bool:
    return href.lower().partition("?")[0].endswith((".tif", ".tiff"))

"""From what is asked for (a folder, an archive, a metadata file, a band file) to the rasters of a product."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import SceneError
from terrascope.scene.products import hls, landsat, modis, naip, planet, sentinel1, sentinel2, stac
from terrascope.scene.products.tree import RASTERS, Tree, absolute, base, folder_of, is_archive, tree_of
from terrascope.scene.products.types import PICTURES, Product
from terrascope.scene.request import LayerRequest


class Reader(NamedTuple):
    """What knows one family of products: by a file's name, and all of them in a tree."""

    claims: Callable[[str], bool]
    products: Callable[[Tree], list[Product]]


READERS: tuple[Reader, ...] = tuple(
    Reader(each.claims, each.products) for each in (sentinel2, landsat, hls, modis, planet, sentinel1, naip)
)

#: Metadata files that stand for the whole product: those of a folder with folders below, and those beside the bands.
_ROOT_FILE = re.compile(r"^(MTD_MSIL(1C|2A)\.xml|S2\w_\w{4}_MTD_.*\.xml|manifest\.safe)$", re.IGNORECASE)
_BESIDE_FILE = re.compile(r"^(?P<id>.+)_MTL\.(txt|xml|json)$", re.IGNORECASE)
_INSIDE = re.compile(r"^/vsi(?:zip|tar)/(?P<archive>.+?\.(?:zip|tar\.gz|tgz|tar))/(?P<name>.+)$", re.IGNORECASE)
_CLIMB = 6  # folders from a band file up to the product's: SAFE/GRANULE/tile/IMG_DATA/R10m
_LISTED = 8


@dataclass(frozen=True)
class Expanded:
    """Requests of single rasters.

    `owners`: for each of `requests` the number of the request that it comes from. `left_out`: requests that are no
    picture, by number, and why. `notes`: what was left out, as sentences.
    """

    requests: tuple[LayerRequest, ...]
    owners: tuple[int, ...]
    left_out: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def expand(requests: Sequence[LayerRequest]) -> Expanded:
    """Return the rasters that are to be read, each with the product that it belongs to.

    Raises
    ------
    SceneError
        If a folder or archive holds no image, or several.
    """
    trees: dict[str, list[Product]] = {}
    out: list[LayerRequest] = []
    owners: list[int] = []
    left_out: dict[int, str] = {}
    notes: list[str] = []
    files: list[tuple[int, LayerRequest]] = []
    for number, request in enumerate(requests):
        if (whole := _whole_product(request)) is not None:
            files += [(number, each) for each in whole]
            notes += _left_out_notes(whole)
        else:
            files.append((number, _with_product(request, trees)))
    measured = {r.product.key for _, r in files if r.product and r.product.file_of(r.path)}
    others_remain = bool(measured) or any(r.product is None for _, r in files)
    taken: dict[tuple[str, str], str] = {}
    order = {id(p): i for i, p in enumerate(_by_pixel_size(files))}
    keep: set[int] = set()
    for position in sorted(range(len(files)), key=lambda i: order[id(files[i][1])]):
        number, request = files[position]
        why = _why_not(request, taken) if others_remain else ""
        if why:
            left_out[number] = why
            notes.append(f"{base(request.path)} is left out: {why}.")
        else:
            keep.add(position)
    if not others_remain:
        _refuse_no_picture(files)
    for position, (number, request) in enumerate(files):
        if position in keep:
            out.append(request)
            owners.append(number)
            left_out.pop(number, None)
    return Expanded(tuple(out), tuple(owners), left_out, tuple(dict.fromkeys(notes)))


def _refuse_no_picture(files: Sequence[tuple[int, LayerRequest]]) -> None:
    """Refuse layers that are all quality, angles or the like."""
    for _, request in files:
        product = request.product
        what = product.left_out.get(absolute(request.path), "") if product else ""
        if product and what and what not in PICTURES:
            raise SceneError(
                f"{request.name or base(request.path)!r} is no picture of the ground: {what} of {product.title}.",
                "Untick this layer and choose the bands of the product.",
            )


def _by_pixel_size(files: Sequence[tuple[int, LayerRequest]]) -> list[LayerRequest]:
    def size(request: LayerRequest) -> float:
        file = request.product.file_of(request.path) if request.product else None
        return file.pixel_size if file else 0.0

    return sorted((request for _, request in files), key=size)


def _why_not(request: LayerRequest, taken: dict[tuple[str, str], str]) -> str:
    """Why a file is no layer of its own; "" where it is one."""
    product = request.product
    if product is None:
        return ""
    path = absolute(request.path)
    if path in product.left_out:
        quality = any(absolute(each.path) == path for each in product.quality)
        return product.left_out[path] + (", used for clouds and nodata" if quality else ", no picture")
    file = product.file_of(path)
    if file is None or callable(file.bands):
        return ""
    for band in file.bands:
        if (other := taken.setdefault((product.key, band.name), path)) != path:
            return f"the same band is read from {base(other)}"
    return ""


def _left_out_notes(whole: Sequence[LayerRequest]) -> list[str]:
    product = whole[0].product
    if product is None or not product.left_out:
        return []
    said = dict.fromkeys(f"{what}" for what in product.left_out.values())
    return [f"Left out of {product.title}, as no pictures of the ground: {', '.join(said)}."]


def _whole_product(request: LayerRequest) -> list[LayerRequest] | None:
    """Requests of the files of a folder, an archive, a metadata file or a STAC item; None for any other path."""
    path = request.path
    if "://" in path or path.startswith("/vsi"):
        return None
    name = base(path)
    if Path(path).is_file() and stac.is_item(path):
        return _all_of(request, stac.product(path, online=request.online))
    if Path(path).is_file() and _ROOT_FILE.match(name):
        return _all_of(request, _only(tree_of(_parent(path)), path))
    if Path(path).is_file() and (match := _BESIDE_FILE.match(name)):
        tree = folder_of(absolute(path))
        mine = [p for p in _products(tree) if p.name.upper() == match["id"].upper()]
        return _all_of(request, mine[0]) if mine else None
    if Path(path).is_dir() or (Path(path).is_file() and is_archive(path)):
        return _of_tree(request, tree_of(path))
    return None


def _of_tree(request: LayerRequest, tree: Tree) -> list[LayerRequest] | None:
    found = _with_measurements(_products(tree))
    if len(found) == 1:
        return _all_of(request, found[0])
    if found:
        names = ", ".join(each.name for each in found[:_LISTED]) + (" ..." if len(found) > _LISTED else "")
        raise SceneError(
            f"{request.path!r} holds {len(found)} images: {names}.", "Choose the folder or the files of one of them."
        )
    rasters = [name for name in tree.names if name.lower().endswith(RASTERS)]
    if len(rasters) == 1:
        return [replace(request, path=tree.gdal(rasters[0]), name=request.name or _stem(tree.path))]
    if not rasters and not tree.archive:
        return None  # a folder that is itself one raster, as some formats are
    held = f"{len(rasters)} rasters of no product that is known" if rasters else "no raster"
    listed = f": {', '.join(rasters[:_LISTED])}" if rasters else ""
    raise SceneError(
        f"{request.path!r} is not a raster, and holds {held}{listed}.", "Choose the files that belong together."
    )


def _only(tree: Tree, path: str) -> Product:
    found = _with_measurements(_products(tree))
    if len(found) != 1:
        names = ", ".join(each.name for each in found[:_LISTED]) or "none"
        raise SceneError(f"{path!r} stands for {len(found)} images: {names}.", "Choose the band files of one of them.")
    return found[0]


def _with_measurements(found: list[Product]) -> list[Product]:
    return [each for each in found if each.files]


def _all_of(request: LayerRequest, product: Product) -> list[LayerRequest]:
    taken: set[str] = set()
    requests = []
    for file in product.files:
        names = {band.name for band in file.bands} if not callable(file.bands) else set()
        if names and names <= taken:
            continue
        taken |= names
        requests.append(replace(request, path=file.path, name=request.name or product.name, product=product))
    if not requests:
        raise SceneError(f"{request.path!r} holds no band that is a picture of the ground.", "Download it again.")
    return requests


def _with_product(request: LayerRequest, trees: dict[str, list[Product]]) -> LayerRequest:
    """The request of a single file with the product that its name and its surroundings speak of."""
    name = request.path.replace("\\", "/").rpartition("/")[2]
    readers = [each for each in READERS if each.claims(name)]
    if request.product is not None or "://" in request.path or not readers:
        return request
    inside = _INSIDE.match(request.path)
    if request.path.startswith("/vsi") and not inside:
        return request
    archive = absolute(inside["archive"]) if inside else ""
    if inside and not Path(archive).is_file():
        return request
    root = archive or _root(absolute(request.path))
    if root not in trees:
        tree = tree_of(root) if inside or root != _parent(request.path) else folder_of(absolute(request.path))
        trees[root] = [p for reader in readers for p in reader.products(tree)]
    path = f"/vsi{'zip' if archive.lower().endswith('.zip') else 'tar'}/{archive}/{inside['name']}" if inside else None
    path = path or absolute(request.path)
    for product in trees[root]:
        if product.file_of(path) or path in product.left_out:
            return replace(request, path=path if inside else request.path, product=product)
    return request


def _root(path: str) -> str:
    """The folder that is the product's: one above with its metadata, else the file's own."""
    folder = _parent(path)
    here = folder
    for _ in range(_CLIMB):
        if here.upper().endswith(".SAFE") or _has_metadata(here):
            return here
        above = str(Path(here).parent)
        if above == here or not re.search(r"(IMG_DATA|R(10|20|60)m|GRANULE|measurement|L[12][AC]_T\w+|S2\w_OPER\w+)$",
                                          here, re.IGNORECASE):  # fmt: skip
            break
        here = above
    return here if here != folder and re.search(r"R(10|20|60)m$", folder) else folder


def _has_metadata(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(_ROOT_FILE.match(entry.name) for entry, _ in zip(entries, range(2000)))
    except OSError:
        return False


def _products(tree: Tree) -> list[Product]:
    return [product for reader in READERS for product in reader.products(tree)]


def _parent(path: str) -> str:
    return str(Path(absolute(path)).parent)


def _stem(path: str) -> str:
    return base(path).partition(".")[0]


__all__ = ["READERS", "Expanded", "Reader", "expand"]

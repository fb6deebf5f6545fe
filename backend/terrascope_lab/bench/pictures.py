"""A sample's pictures as a scene: encoded bytes, files, or single-band files, put on a metric grid where the pixel size
is known."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terrascope.scene import Scene, open_scene
from terrascope.scene.request import LayerRequest
from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.samples import BenchSample, Picture

#: The files state an order and no dates: one time point a year keeps it.
FIRST_YEAR = 2000
_BAND = re.compile(r"_(B\d{1,2}A?)$", re.IGNORECASE)


class SceneShelf:
    """Opens scenes, and keeps the last one: questions about one picture stand together in most files.

    A network that is asked about the same `Scene` object again does not look at the picture twice.
    """

    def __init__(self) -> None:
        self._key = ""
        self._scene: Scene | None = None

    def scene(self, sample: BenchSample) -> Scene:
        """Return the scene of a sample.

        Raises
        ------
        TerraScopeError
            If there is no picture, or one cannot be read.
        """
        key = _key(sample)
        if self._scene is None or key != self._key:
            self._scene = None
            self._scene, self._key = scene_of(sample), key
        return self._scene


def _key(sample: BenchSample) -> str:
    digest = hashlib.sha256(repr((sample.images, sample.roles, sample.times, sample.gsd_m)).encode())
    for data in sample.image_bytes:
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def scene_of(sample: BenchSample) -> Scene:
    """Open a sample's pictures as one scene; nothing of it refers to a file any more afterwards."""
    with tempfile.TemporaryDirectory(prefix="terrascope-bench-") as folder:
        return open_scene(_layers(sample, Path(folder)))


def _layers(sample: BenchSample, folder: Path) -> list[LayerRequest]:
    pictures: list[Picture] = list(sample.images)
    for number, data in enumerate(sample.image_bytes):
        path = folder / f"image{number}"
        if not isinstance(data, bytes) or not data:
            raise BenchmarkFileError(f"Picture {number + 1} of the sample is empty.", "Download the file again.")
        path.write_bytes(data)
        pictures.append(str(path))
    if not pictures:
        raise BenchmarkFileError("The sample has no picture.", "Give the folder of the pictures with --images.")
    paths = [_one_file(picture, folder / f"stack{i}.tif") for i, picture in enumerate(pictures)]
    for path in paths:
        _refuse_cut(path)
    if sample.gsd_m is not None:
        paths = [_on_the_ground(path, folder / f"ground{i}.tif", sample.gsd_m) for i, path in enumerate(paths)]
    roles = sample.roles if len(sample.roles) == len(paths) else ("optical",) * len(paths)
    times = sample.times if len(sample.times) == len(paths) else tuple(range(len(paths)))
    return [
        LayerRequest(
            str(path), name=f"image {number + 1}", role=role,
            date=f"{FIRST_YEAR + time}-07-01" if len(paths) > 1 else None,
        )
        for number, (path, role, time) in enumerate(zip(paths, roles, times))
    ]  # fmt: skip


def _one_file(picture: Picture, out: Path) -> Path:
    """A picture's file; single-band files are stacked on the grid of the finest (bilinear), band codes kept."""
    if isinstance(picture, str):
        if not Path(picture).exists():
            raise BenchmarkFileError(
                f"Picture {picture} does not exist.", "Give the folder of the pictures with --images."
            )
        return Path(picture)
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError

    try:
        with rasterio.Env():
            sizes = []
            for name in picture:
                with rasterio.open(name) as source:
                    sizes.append((source.height, source.width, source.profile))
            height, width, profile = max(sizes, key=lambda size: size[0] * size[1])
            bands: list[NDArray[np.generic]] = []
            for name in picture:
                with rasterio.open(name) as source:
                    bands.append(source.read(1, out_shape=(height, width), resampling=Resampling.bilinear))
            profile = {**profile, "driver": "GTiff", "count": len(bands), "dtype": bands[0].dtype}
            with rasterio.open(out, "w", **profile) as target:
                target.write(np.stack([band.astype(bands[0].dtype) for band in bands]))
                codes = [_BAND.search(Path(name).stem) for name in picture]
                target.descriptions = tuple(
                    code.group(1).upper() if code else Path(name).stem for code, name in zip(codes, picture)
                )
    except RasterioError as error:
        raise BenchmarkFileError(f"The bands {picture[0]} ... cannot be read: {error}.") from error
    return out


def _refuse_cut(path: Path) -> None:
    """Refuse a PNG or JPEG that breaks off: GDAL fills the rest with black and says nothing."""
    with path.open("rb") as stream:
        head = stream.read(3)
    if head not in (b"\x89PN", b"\xff\xd8\xff"):
        return
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise BenchmarkFileError(f"Picture {path.name} of the sample is damaged: {error}.") from error


def _on_the_ground(path: Path, out: Path, gsd_m: float) -> Path:
    """Give a picture without CRS a metric one (UTM, at its true scale to 0.04 %), so that areas can be measured."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.transform import from_origin

    try:
        with rasterio.open(path) as source:
            if source.crs is not None:
                return path
            profile = {
                "driver": "GTiff",
                "width": source.width,
                "height": source.height,
                "count": source.count,
                "dtype": source.dtypes[0],
                "nodata": source.nodata,
                "crs": "EPSG:32631",
                "transform": from_origin(500_000, 10_000, gsd_m, gsd_m),
            }
            with rasterio.open(out, "w", **profile) as target:
                target.write(source.read())
                target.colorinterp = source.colorinterp
                target.descriptions = source.descriptions
                target.scales = source.scales
                target.offsets = source.offsets
                target.update_tags(**source.tags())
    except RasterioError as error:
        raise BenchmarkFileError(f"Picture {path.name} of the sample cannot be read: {error}.") from error
    return out

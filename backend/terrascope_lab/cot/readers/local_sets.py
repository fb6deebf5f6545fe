"""Small labelled sets that come as arrays or folders: HLS with WorldCover, Dubai, Central Europe, Indian towns, Amazon
forest, Slovenia, TerraMesh samples, Californian burn scars. The folders are as their samples were handed out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terrascope_lab.cot.readers import legends
from terrascope_lab.cot.readers.pixels import (
    by_colour,
    need_folder,
    raster_size,
    read_picture,
    read_raster,
    sar_picture,
    stretched,
)
from terrascope_lab.cot.scenes import DataError, LabelledScene, Mask, Moment, from_map, windows

_SIDE = 256


def load_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Read arrays of an npz file (never with pickle).

    Raises
    ------
    DataError
        If the file or an array is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in names}
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read: {error}.", f"It must hold {', '.join(names)}.") from error


def window_names(stem: str, size: tuple[int, int], side: int = _SIDE) -> list[str]:
    """Names of the windows of an image: "stem@top_left_height_width"."""
    return [f"{stem}@{'_'.join(map(str, window))}" for window in windows(*size, side)]


def split_name(name: str) -> tuple[str, tuple[slice, slice]]:
    """Undo `window_names`: the stem, and rows and columns."""
    stem, _, numbers = name.rpartition("@")
    top, left, height, width = map(int, numbers.split("_"))
    return stem, (slice(top, top + height), slice(left, left + width))


class Hls:
    """`hls_worldcover_train.npz` (and `same_location_pairs.json`): HLS patches, WorldCover, water of the image date.

    The map is of 2020/21 and the images are not: the water mask of the image date overrides it, permanent water of the
    map that is dry at the image date is left unlabelled, and so are clouds and their shadows.
    """

    source, gsd_m, sensor = "hls", 30.0, "Harmonized Landsat Sentinel-2"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "hls_worldcover_train.npz"

    @cached_property
    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        return load_arrays(self.path, ("refl", "fmask", "worldcover", "water"))

    def names(self) -> list[str]:
        """See `Reader`."""
        return [str(i) for i in range(len(load_arrays(self.path, ("region",))["region"]))]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        moment, valid = self.moment(int(name))
        return LabelledScene(self.source, name, (moment,), valid, self.gsd_m, self.sensor)

    def moment(self, index: int) -> tuple[Moment, Mask]:
        """One image with its masks, and its labelled pixels."""
        data = self._arrays
        refl, quality, cover, water = (data[name][index] for name in ("refl", "fmask", "worldcover", "water"))
        seen = (quality != 255) & ~(refl <= -1300).any(0)
        labels = cover.astype(np.int16)
        labels[labels == 80] = 0
        labels[water > 0] = 80
        masks, valid = from_map(labels, legends.WORLDCOVER, ~seen | (quality & (2 | 8) > 0))
        return Moment(stretched(refl[[3, 2, 1]], seen), masks), valid


class HlsPairs:
    """Pairs of `Hls` images of one place at two dates, the one with less water first."""

    source = "hls_pairs"

    def __init__(self, folder: Path) -> None:
        self.path, self._single = folder / "same_location_pairs.json", Hls(folder)

    def names(self) -> list[str]:
        """See `Reader`."""
        try:
            pairs = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path.name} cannot be read: {error}.", "It lists pairs {a, b, ...}.") from error
        return [
            "{}_{}".format(*((p["a"], p["b"]) if p["water_a"] <= p["water_b"] else (p["b"], p["a"]))) for p in pairs
        ]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        (before, seen_before), (after, seen_after) = (self._single.moment(int(i)) for i in name.split("_"))
        valid = seen_before & seen_after
        moments = tuple(
            Moment(moment.optical, {label: mask & valid for label, mask in moment.masks.items()})
            for moment in (before, after)
        )
        return LabelledScene(self.source, name, moments, valid, Hls.gsd_m, Hls.sensor)


class Europe:
    """`europe_s2_train.npz`: Sentinel-2 patches, square roots of reflectance (blue, green, red, NIR), and labels."""

    source = "europe"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "europe_s2_train.npz"

    @cached_property
    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        return load_arrays(self.path, ("refl_sqrt", "labels"))

    def names(self) -> list[str]:
        """See `Reader`."""
        return [str(name) for name in load_arrays(self.path, ("name",))["name"]]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names())}

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        index = self._index[name]
        masks, valid = from_map(self._arrays["labels"][index].astype(np.int16), legends.EUROPE)
        values = self._arrays["refl_sqrt"][index][[2, 1, 0]].astype(np.float32)
        picture = stretched(values**2, np.ones_like(valid))
        return LabelledScene(self.source, name, (Moment(picture, masks),), valid, 10.0, "Sentinel-2")


class Dubai:
    """Folders `tile*/images/*.jpg` and `tile*/masks/*.png`, and `classes.json` with the colours of the masks."""

    source = "dubai"
    _ORDER = ("building", "land (unpaved)", "road", "vegetation", "water")

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder, "tile1/images/*.jpg, tile1/masks/*.png, classes.json")
        paths = sorted(self.folder.glob("tile*/images/*.jpg"))
        return [
            name for path in paths for name in window_names(f"{path.parts[-3]}_{path.stem}", raster_size(path), 384)
        ]

    @cached_property
    def _colours(self) -> dict[tuple[int, int, int], int]:
        named = json.loads((self.folder / "classes.json").read_text(encoding="utf-8"))
        hexes = {name: colour.lstrip("#") for colour, name in named.items()}
        return {
            (int(hexes[n][:2], 16), int(hexes[n][2:4], 16), int(hexes[n][4:], 16)): i
            for i, n in enumerate(self._ORDER, 1)
        }

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        stem, window = split_name(name)
        tile, _, image = stem.partition("_")
        picture = read_picture(self.folder / tile / "images" / f"{image}.jpg")[window]
        coded = read_picture(self.folder / tile / "masks" / f"{image}.png")[window]
        masks, valid = from_map(by_colour(coded, self._colours), legends.DUBAI)
        return LabelledScene(self.source, name, (Moment(picture, masks),), valid, None, "aerial", "Dubai")


class India:
    """Folders `rgb/*.jpg` and `mask/*.png`: towns and coasts at about 10 m."""

    source = "india"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder / "mask", "rgb/*.jpg, mask/*.png")
        paths = sorted((self.folder / "mask").glob("*.png"))
        return [name for path in paths for name in window_names(path.stem, raster_size(path))]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        stem, window = split_name(name)
        picture = read_picture(self.folder / "rgb" / f"{stem}.jpg")[window]
        masks, valid = from_map(read_picture(self.folder / "mask" / f"{stem}.png", "L")[window], legends.INDIA)
        shown = stretched(np.moveaxis(picture, -1, 0), np.ones_like(valid))
        return LabelledScene(self.source, name, (Moment(shown, masks),), valid, 10.0, "Sentinel-2")


class Amazon:
    """Folders `images/*.tif` (8-bit red, green, blue) and `masks/*.png`."""

    source = "amazon"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder / "images", "images/*.tif, masks/*.png")
        paths = sorted((self.folder / "images").glob("*.tif"))
        return [name for path in paths for name in window_names(path.stem, raster_size(path))]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        stem, window = split_name(name)
        bands = read_raster(self.folder / "images" / f"{stem}.tif", (1, 2, 3))[:, window[0], window[1]]
        masks, valid = from_map(read_picture(self.folder / "masks" / f"{stem}.png", "L")[window], legends.AMAZON)
        picture = stretched(bands, np.ones_like(valid))
        return LabelledScene(self.source, name, (Moment(picture, masks),), valid, 10.0, "Sentinel-2", "the Amazon")


class Slovenia:
    """`tci.png` and `LULC.npy`: one Sentinel-2 scene, cut in windows."""

    source = "slovenia"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _labels(self) -> NDArray[np.generic]:
        labels = np.load(self.folder / "LULC.npy", allow_pickle=False)
        return labels[..., 0] if labels.ndim == 3 else labels

    @cached_property
    def _picture(self) -> NDArray[np.uint8]:
        return read_picture(self.folder / "tci.png")

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder, "tci.png, LULC.npy")
        return window_names("scene", raster_size(self.folder / "tci.png"))

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        _, window = split_name(name)
        masks, valid = from_map(self._labels[window].astype(np.int16), legends.SLOVENIA)
        moment = Moment(self._picture[window], masks)
        return LabelledScene(self.source, name, (moment,), valid, 10.0, "Sentinel-2", "Slovenia")


class Eolearn:
    """`slovenia_s2_l1c.npz`: one place at five dates, of which the first two are cloudy and left out."""

    source = "eolearn"
    _CLEAR = (2, 3, 4)

    def __init__(self, folder: Path) -> None:
        self.path = folder / "slovenia_s2_l1c.npz"

    def names(self) -> list[str]:
        """See `Reader`."""
        if not self.path.exists():
            raise DataError(f"There is no file {str(self.path)!r}.", "It holds bands [T, H, W, 13] and lulc [H, W].")
        return [str(date) for date in self._CLEAR]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        data = load_arrays(self.path, ("bands", "lulc"))
        masks, valid = from_map(data["lulc"].astype(np.int16), legends.SLOVENIA)
        bands = np.moveaxis(data["bands"][int(name)][..., [3, 2, 1]], -1, 0)
        moment = Moment(stretched(bands, np.ones_like(valid)), masks)
        return LabelledScene(self.source, name, (moment,), valid, 10.0, "Sentinel-2", "Slovenia")


class TerraMesh:
    """Folders `S2L2A`, `S1RTC` (VV, VH in dB) and `LULC` with one file a place each: optical and radar together."""

    source = "terramesh"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder / "LULC", "S2L2A/*.tif, S1RTC/*.tif, LULC/*.tif")
        return [path.stem for path in sorted((self.folder / "LULC").glob("*.tif"))]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        labels = read_raster(self.folder / "LULC" / f"{name}.tif", (1,))[0].astype(np.int16)
        masks, valid = from_map(labels, legends.TERRAMESH)
        everywhere = np.ones_like(valid)
        optical = stretched(read_raster(self.folder / "S2L2A" / f"{name}.tif", (4, 3, 2)), everywhere)
        vv, vh = read_raster(self.folder / "S1RTC" / f"{name}.tif", (1, 2))
        moment = Moment(optical, masks, sar_picture(vv, vh, np.isfinite(vv)))
        return LabelledScene(self.source, name, (moment,), valid, 10.0, "Sentinel-2 with Sentinel-1")


class Burn:
    """Folders `post_fire` (blue, green, red in 8 bits first) and `masks` (1 where burned): fires at about 20 m."""

    source = "burn"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder / "masks", "post_fire/*.tif, masks/*.tif")
        return [path.stem for path in sorted((self.folder / "masks").glob("*.tif"))]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        bands = read_raster(self.folder / "post_fire" / f"{name}.tif", (3, 2, 1))
        labels = read_raster(self.folder / "masks" / f"{name}.tif", (1,))[0]
        seen = (bands != 0).any(0)
        burned = (labels == 1) & seen
        moment = Moment(stretched(bands, seen), {"burned area": burned})
        return LabelledScene(self.source, name, (moment,), seen, 20.0, "Sentinel-2", "California")

"""Readers of Sentinel-2, 10 to 20 m: reflectance of several bands, or pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image

from terrascope.networks.embedded.stretch import stretch_display
from terrascope_lab.data import legends
from terrascope_lab.data.sample import BANDS, Sample, flags

_ALL = np.ones(len(BANDS), bool)


def read_europe(root: Path) -> list[Sample]:
    """Central Europe, Sentinel-2 blue, green, red, NIR."""
    with np.load(root / "europe_s2" / "europe_s2_train.npz") as data:
        values, labels, names = data["refl_sqrt"], data["labels"], data["name"]
    table, present = legends.lookup(legends.EUROPE), flags("blue", "green", "red", "nir")
    samples = []
    for i in np.argsort(names):
        bands = np.zeros((6, 256, 256), np.float16)
        bands[:4] = (values[i].astype(np.float32) / 255) ** 2
        samples.append(Sample("europe", str(names[i]), bands, present, table[labels[i]], 10.0, False, str(names[i])))
    return samples


def _display(rgb: NDArray[np.uint8], nir: NDArray[np.uint8] | None = None) -> NDArray[np.float16]:
    layers = [rgb[..., 2], rgb[..., 1], rgb[..., 0]] + ([] if nir is None else [nir])
    stack = np.stack(layers).astype(np.float32) / np.float32(255)
    stretched = stretch_display(stack, np.ones(stack.shape[1:], bool), rgb=slice(0, 3))
    bands = np.zeros((6, *stack.shape[1:]), np.float16)
    bands[: len(stack)] = stretched
    return bands


def read_india(root: Path) -> list[Sample]:
    """Indian towns and coasts, 8-bit RGB, NIR for some."""
    folder, table = root / "india_s2", legends.lookup(legends.INDIA)
    samples = []
    for path in sorted((folder / "mask").glob("*.png")):
        labels = np.asarray(Image.open(path).convert("L"))
        rgb = np.asarray(Image.open(folder / "rgb" / f"{path.stem}.jpg").convert("RGB"))
        nir_path = folder / "nir" / f"{path.stem}.jpg"
        nir = np.asarray(Image.open(nir_path).convert("L")) if nir_path.exists() else None
        present = flags("blue", "green", "red", *(["nir"] if nir is not None else []))
        samples.append(Sample("india", path.stem, _display(rgb, nir), present, table[labels], 10.0, True, path.stem))
    return samples


def read_amazon(root: Path) -> list[Sample]:
    """Amazon, 8-bit RGB, forest or not."""
    folder, table = root / "amazon_forest", legends.lookup(legends.AMAZON)
    samples = []
    for path in sorted((folder / "images").glob("*.tif")):
        with rasterio.open(path) as image:
            rgb = np.moveaxis(image.read(), 0, -1)
        labels = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
        height, width = (min(pair) for pair in zip(rgb.shape[:2], labels.shape[:2], strict=True))  # one is 3 px wider
        rgb, labels = rgb[:height, :width], labels[:height, :width]
        samples.append(
            Sample(
                "amazon",
                path.stem,
                _display(rgb),
                flags("blue", "green", "red"),
                table[labels],
                10.0,
                True,
                path.stem,
            )
        )
    return samples


def read_slovenia(root: Path) -> list[Sample]:
    """One Sentinel-2 picture of Slovenia in blocks of 300 pixels."""
    folder = root / "slovenia_s2_scene"
    labels = legends.lookup(legends.SLOVENIA)[np.load(folder / "LULC.npy")[..., 0]]
    bands = _display(np.asarray(Image.open(folder / "tci.png").convert("RGB")))
    samples = []
    for row in range(0, 1500, 300):
        for col in range(0, 1500, 300):
            window = np.s_[row : row + 300, col : col + 300]
            samples.append(
                Sample(
                    "slovenia",
                    f"{row}_{col}",
                    bands[:, window[0], window[1]],
                    flags("blue", "green", "red"),
                    labels[window],
                    10.0,
                    True,
                    f"column{col}",
                )
            )
    return samples


def read_eolearn(root: Path) -> list[Sample]:
    """One place in Slovenia at five dates, Sentinel-2 L1C; thick cloud is much brighter than the clear dates."""
    with np.load(root / "eolearn_slovenia" / "slovenia_s2_l1c.npz") as data:
        bands, cover = data["bands"], data["lulc"]
    table = legends.lookup(legends.SLOVENIA)
    clear_blue = np.median(bands[2:, ..., 1], axis=0)
    samples = []
    for i, date in enumerate(bands):
        allowed = table[cover].copy()
        if i < 2:
            excess = date[..., 1] - clear_blue
            allowed[excess > 0.02] = 0
            allowed[excess > 0.12] = legends.bits("cloud")
        stack = np.moveaxis(date[..., [1, 2, 3, 7, 11, 12]], -1, 0).astype(np.float16)
        samples.append(Sample("eolearn", str(i), stack, np.ones(6, bool), allowed, 10.0, False, "eolearn"))
    return samples


def read_terramesh(root: Path) -> list[Sample]:
    """Three places with Sentinel-2 (12 bands), for the optical network."""
    folder, table = root / "terramesh_s1s2", legends.lookup(legends.TERRAMESH)
    samples = []
    for path in sorted((folder / "S2L2A").glob("*.tif")):
        with rasterio.open(path) as image:
            stack = image.read([2, 3, 4, 8, 11, 12]).astype(np.float32) / 1e4
        with rasterio.open(folder / "LULC" / path.name) as image:
            labels = image.read(1)
        samples.append(
            Sample(
                "terramesh",
                path.stem,
                np.clip(stack, 0, 1.6).astype(np.float16),
                np.ones(6, bool),
                table[labels],
                10.0,
                False,
                path.stem,
            )
        )
    return samples


def read_river_town(root: Path) -> list[Sample]:
    """A river town of the Amazon, Sentinel-2 with the offset of 1000 of newer products taken off."""
    with np.load(root / "amazon_polygons" / "sentinel2_amazon_village.npz") as data:
        raw, labels, names = data["refl_raw"], data["label"], list(data["bands"])
    rows = [names.index(name) for name in ("B2", "B3", "B4", "B8", "B11", "B12")]
    bands = np.clip((raw[rows].astype(np.float32) - 1000) / 1e4, 0, 1.6).astype(np.float16)
    allowed = legends.lookup(legends.RIVER_TOWN)[labels]
    return [Sample("rivertown", "2022", bands, _ALL, allowed, 10.0, False, "rivertown")]


def read_sentinel2(root: Path) -> list[Sample]:
    """Every labelled picture of Sentinel-2, fires apart."""
    readers = (
        read_europe, read_india, read_amazon, read_slovenia, read_eolearn, read_terramesh, read_river_town,
    )  # fmt: skip
    return [sample for reader in readers for sample in reader(root)]

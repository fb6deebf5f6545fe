"""Readers: every data set as samples of one form."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image

from terrascope.networks.embedded.stretch import stretch_display
from terrascope_lab.training.vision import legends

BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")


@dataclass
class Sample:
    """One labelled image.

    Attributes
    ----------
    source, name
        Data set and image; together they identify it in the manifest.
    bands
        float16 [6, H, W] in `BANDS` order: reflectance, or display values on the network's scale; absent bands 0.
        For SAR: [2, H, W], VV and VH in dB. For aerial: [3, H, W], red, green, blue in 0..1.
    present
        bool [6].
    allowed
        uint16 [H, W], bit mask of atoms (see `legends`), 0 = ignore.
    gsd_m
        Pixel size in metres.
    display
        True where the values are picture values.
    group
        What must not be split: region, tile, scene.
    """

    source: str
    name: str
    bands: NDArray[np.float16]
    present: NDArray[np.bool_]
    allowed: NDArray[np.uint16]
    gsd_m: float
    display: bool
    group: str


def _present(*names: str) -> NDArray[np.bool_]:
    return np.array([band in names for band in BANDS])


def _place(shape: tuple[int, int], **layers: NDArray[np.float32]) -> NDArray[np.float16]:
    bands = np.zeros((len(BANDS), *shape), np.float16)
    for name, layer in layers.items():
        bands[BANDS.index(name)] = layer
    return bands


def read_hls(root: Path) -> list[Sample]:
    """HLS patches: WorldCover, overridden by the water of the image date; clouds from the quality bits."""
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as data:
        refl, fmask, cover = data["refl"], data["fmask"], data["worldcover"]
        water, region = data["water"], data["region"]
    table = legends.lookup(legends.WORLDCOVER)
    samples = []
    for i in range(len(refl)):
        allowed = table[cover[i]]
        cloud, shadow = (fmask[i] & 2) > 0, (fmask[i] & 8) > 0
        allowed[shadow] = 0
        allowed[cloud] = legends.bits("cloud")
        allowed[water[i] > 0] = legends.bits("water")
        allowed[(fmask[i] == 255) | (refl[i] <= -1300).any(0)] = 0
        samples.append(
            Sample(
                "hls",
                str(i),
                (np.clip(refl[i, 1:], 0, 16000) / 1e4).astype(np.float16),
                np.ones(6, bool),
                allowed,
                30.0,
                False,
                f"region{int(region[i])}",
            )
        )
    return samples


def doubtful(sample: Sample) -> NDArray[np.bool_]:
    """Return where a label of water lies on ground that short-wave infrared shows to be dry, bool [H, W].

    28 % of the water of the flood region is such: the masks are wide, and some are of another day. Water absorbs
    short-wave infrared: what reflects 0.15 at 1.6 um, and much more than green, is not open water.
    """
    if not (sample.present[1] and sample.present[4]) or sample.display:
        return np.zeros(sample.allowed.shape, bool)
    green, swir = (sample.bands[i].astype(np.float32) for i in (1, 4))
    dry = (swir > 0.15) & ((green - swir) / (green + swir + 1e-3) < -0.2)
    return np.asarray((sample.allowed == legends.bits("water")) & dry)


def without_doubtful(data: list[Sample]) -> list[Sample]:
    """Return the samples with no label where it is `doubtful`; for training, never for figures."""
    return [replace(s, allowed=np.where(doubtful(s), 0, s.allowed).astype(np.uint16)) for s in data]


def read_europe(root: Path) -> list[Sample]:
    """Central Europe, Sentinel-2 blue, green, red, NIR."""
    with np.load(root / "europe_s2" / "europe_s2_train.npz") as data:
        values, labels, names = data["refl_sqrt"], data["labels"], data["name"]
    table, present = legends.lookup(legends.EUROPE), _present("blue", "green", "red", "nir")
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
        present = _present("blue", "green", "red", *(["nir"] if nir is not None else []))
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
                _present("blue", "green", "red"),
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
                    _present("blue", "green", "red"),
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


def read_optical(root: Path) -> list[Sample]:
    """Every sample for the optical network."""
    readers = (read_hls, read_europe, read_india, read_amazon, read_slovenia, read_eolearn, read_terramesh)
    return [sample for reader in readers for sample in reader(root)]


def read_sar(root: Path) -> list[Sample]:
    """Sen1Floods11 chips and the Sentinel-1 side of TerraMesh; bands are VV and VH in dB, NaN where there is none."""
    samples, both = [], np.ones(2, bool)
    table = legends.lookup(legends.SEN1FLOODS)
    for path in sorted((root / "sen1floods11" / "S1").glob("*.tif")):
        name = path.stem.removesuffix("_S1Hand")
        with rasterio.open(path) as image:
            raw = image.read().astype(np.float32)
        with rasterio.open(root / "sen1floods11" / "Labels" / f"{name}_LabelHand.tif") as image:
            labels = image.read(1)
        missing = (raw <= -32000).any(0)
        bands = np.where(missing, np.nan, raw / 100)
        allowed = np.where((labels < 0) | missing, 0, table[np.clip(labels, 0, 255)]).astype(np.uint16)
        samples.append(Sample("sen1floods11", name, bands, both, allowed, 10.0, False, name))
    folder, cover = root / "terramesh_s1s2", legends.lookup(legends.TERRAMESH)
    for path in sorted((folder / "S1RTC").glob("*.tif")):
        with rasterio.open(path) as image:
            bands = image.read().astype(np.float32)
        with rasterio.open(folder / "LULC" / path.name) as image:
            allowed = cover[image.read(1)]
        samples.append(Sample("terramesh", path.stem, bands, both, allowed, 10.0, False, path.stem))
    return samples


def read_dubai(root: Path) -> list[Sample]:
    """Dubai pictures; bands are red, green, blue in 0..1, masks read by the colours in `classes.json`."""
    folder = root / "dubai"
    colours = json.loads((folder / "classes.json").read_text())
    order = ["building", "land (unpaved)", "road", "vegetation", "water"]
    hexes = [next(colour for colour, name in colours.items() if name == wanted) for wanted in order]
    palette = np.array([[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in hexes], np.int16)
    table = legends.lookup(legends.DUBAI)
    samples = []
    for path in sorted(folder.glob("tile*/images/*.jpg")):
        tile = path.parent.parent.name
        rgb = np.asarray(Image.open(path).convert("RGB"))
        mask = np.asarray(Image.open(path.parent.parent / "masks" / f"{path.stem}.png").convert("RGB"))
        allowed = np.zeros(mask.shape[:2], np.uint16)
        for value, colour in enumerate(palette):
            allowed[(np.abs(mask.astype(np.int16) - colour).sum(-1)) < 20] = table[value]
        bands = (np.moveaxis(rgb, -1, 0).astype(np.float32) / 255).astype(np.float16)
        samples.append(Sample("dubai", f"{tile}/{path.stem}", bands, np.ones(3, bool), allowed, 0.3, True, tile))
    return samples

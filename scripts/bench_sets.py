"""Benchmark-style sets from images that given networks have never seen; `scripts/bench_results.py` measures on them.

Pixels without a label are nodata in the pictures: shares of the network and of the truth are of the same pixels.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image

from terrascope_lab.bench.build import write
from terrascope_lab.bench.encode import geotiff
from terrascope_lab.bench.labelled import LabelledImage
from terrascope_lab.data import landsat, legends, sentinel2
from terrascope_lab.data.sample import BANDS, Sample
from terrascope_lab.training.vision import metrics

COVER = {"water": "water", "tree": "tree cover", "shrub": "shrubland", "grass": "grassland", "crop": "cropland",
         "built": "built-up area", "bare": "bare land", "wetland": "wetland"}  # fmt: skip
AERIAL = {"building": "buildings", "land (unpaved)": "bare ground", "road": "roads", "vegetation": "vegetation",
          "water": "water"}  # fmt: skip
NODATA = -32768
#: Side of the crops of aerial pictures and of radar chips, in pixels.
CROP = 512
RADAR_CROP = 256


@dataclass(frozen=True)
class SetPlan:
    """A set's title, the vision expert that it measures, its tasks, and questions of a task an image."""

    title: str
    expert: str
    tasks: frozenset[str]
    per_task: int


FIVE_TASKS = frozenset({"CA", "AQ", "CR", "BRD", "DM"})
PLANS = {
    "landcover30": SetPlan("land cover, 30 m, six bands (HLS, WorldCover)", "optical", FIVE_TASKS, 1),
    "flood30": SetPlan("floods, 30 m, two dates (HLS)", "optical", frozenset({"FL", "CH"}), 2),
    "landcover10": SetPlan("land cover, 10 m, blue to NIR (Sentinel-2, Europe)", "optical", FIVE_TASKS, 1),
    "vhr": SetPlan("aerial RGB (Dubai), pixel size not stated", "aerial", frozenset({"CA", "CR", "BRD"}), 1),
    "water_sar": SetPlan("water, Sentinel-1 (Sen1Floods11)", "sar", frozenset({"CA", "AQ"}), 1),
}


def held_out(models: Path, expert: str) -> frozenset[str]:
    """Ids (SOURCE/NAME) that the manifest of a folder says the expert has never seen."""
    manifest = json.loads((models / "vision.json").read_text(encoding="utf-8"))
    return frozenset(manifest["experts"][expert].get("held_out", ()))


def build(name: str, root: Path, unseen: Collection[str], files: Mapping[int, Path]) -> list[int]:
    """Write one set for each builder seed; return their numbers of questions."""
    plan = PLANS[name]
    images = list({
        "landcover30": landcover30, "flood30": flood30, "landcover10": landcover10, "vhr": vhr, "water_sar": water_sar
    }[name](root, unseen))  # fmt: skip
    return [write(images, out, seed=s, per_task=plan.per_task, tasks=plan.tasks) for s, out in files.items()]


def landcover30(root: Path, unseen: Collection[str]) -> Iterator[LabelledImage]:
    """HLS patches outside the flood region."""
    for sample in landsat.read_hls(root):
        if f"hls/{sample.name}" in unseen and sample.group != "region28":
            yield _cover(sample)


def landcover10(root: Path, unseen: Collection[str]) -> Iterator[LabelledImage]:
    """Sentinel-2 patches of Europe."""
    for sample in sentinel2.read_europe(root):
        if f"europe/{sample.name}" in unseen:
            yield _cover(sample)


def _cover(sample: Sample) -> LabelledImage:
    labels = (metrics.truth(sample.allowed, metrics.EIGHT) + 1).astype(np.uint8)
    valid = labels > 0
    classes = {i + 1: COVER[atom] for i, atom in enumerate(metrics.EIGHT)}
    name = f"{sample.source}-{sample.name}"
    return LabelledImage(name, (_reflectance(sample, valid),), labels, classes, valid, sample.gsd_m)


def _reflectance(sample: Sample, valid: np.ndarray) -> bytes:
    kept = np.flatnonzero(sample.present)
    bands = np.where(valid, digital(sample)[kept], NODATA).astype(np.int16)
    names = [BANDS[i] for i in kept]
    return geotiff(bands, names, sample.gsd_m, scale=1e-4, nodata=NODATA)


def digital(sample: Sample) -> np.ndarray:
    """Reflectance x 10,000 as int16 [6, H, W]."""
    return np.rint(sample.bands.astype(np.float32) * 10_000).astype(np.int16)


def flood30(root: Path, unseen: Collection[str]) -> Iterator[LabelledImage]:
    """Pairs of one place at two dates, of which both are unseen; every second one where there are many."""
    data = {sample.name: sample for sample in landsat.read_hls(root)}
    water = metrics.EIGHT.index("water")
    pairs = json.loads((root / "hls_worldcover" / "same_location_pairs.json").read_text())
    usable = [p for p in pairs if {f"hls/{p['a']}", f"hls/{p['b']}"} <= set(unseen) and p["changed"] >= 0.02]
    for pair in usable[:: max(1, len(usable) // 24)]:
        one, two = data[str(pair["a"])], data[str(pair["b"])]
        truths = [_wet(sample, water) for sample in (one, two)]
        valid = (truths[0] > 0) & (truths[1] > 0)
        pictures = tuple(_reflectance(sample, valid) for sample in (one, two))
        yield LabelledImage(
            f"hls-{pair['a']}-{pair['b']}", pictures, truths[0], {1: "water"}, valid, 30.0, labels_after=truths[1],
            roles=("optical", "optical"), times=(0, 1),
        )  # fmt: skip


def _wet(sample: Sample, water: int) -> np.ndarray:
    """1 water, 2 known to be none, 0 not known (cloud, shadow)."""
    found = metrics.truth(sample.allowed, metrics.EIGHT)
    dry = (sample.allowed > 0) & ((sample.allowed & legends.bits("water", "cloud")) == 0)
    return np.where(found == water, 1, np.where(dry, 2, 0)).astype(np.uint8)


def vhr(root: Path, unseen: Collection[str]) -> Iterator[LabelledImage]:
    """A crop from the middle of every third Dubai picture."""
    folder = root / "dubai"
    tiles = {name.split("/")[1] for name in unseen}
    for path in sorted(p for tile in tiles for p in (folder / tile / "images").glob("*.jpg"))[::3]:
        name = f"{path.parent.parent.name}/{path.stem}"
        if f"dubai/{name}" not in unseen:
            continue
        with Image.open(path) as picture, Image.open(folder / f"{name.replace('/', '/masks/')}.png") as mask:
            rgb = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0)
            colours = np.asarray(mask.convert("RGB")).astype(np.int32)
        labels = _coloured(colours, json.loads((folder / "classes.json").read_text()))
        height, width = labels.shape
        row, col = max(0, height - CROP) // 2, max(0, width - CROP) // 2
        window = np.s_[row : row + CROP, col : col + CROP]
        inside = labels[window]
        crop = np.where(inside > 0, np.maximum(rgb[:, window[0], window[1]], 1), 0).astype(np.uint8)
        encoded = geotiff(crop, ("red", "green", "blue"), nodata=0)
        classes = dict(enumerate(AERIAL.values(), 1))
        yield LabelledImage(f"dubai-{name.replace('/', '-')}", (encoded,), inside, classes, inside > 0)


def _coloured(colours: np.ndarray, legend: Mapping[str, str]) -> np.ndarray:
    """Values 1.. in the order of `AERIAL` from a mask painted in the legend's colours, 0 elsewhere."""
    labels = np.zeros(colours.shape[:2], np.uint8)
    for value, name in enumerate(AERIAL, 1):
        paint = next(code for code, found in legend.items() if found == name)
        target = [int(paint[i : i + 2], 16) for i in (1, 3, 5)]
        labels[np.abs(colours - target).sum(-1) < 20] = value
    return labels


def water_sar(root: Path, unseen: Collection[str]) -> Iterator[LabelledImage]:
    """Quarters of Sen1Floods11 chips: water against everything else."""
    for path in sorted((root / "sen1floods11" / "S1").glob("*.tif")):
        name = path.stem.removesuffix("_S1Hand")
        if f"sen1floods11/{name}" not in unseen:
            continue
        with rasterio.open(path) as source:
            raw = source.read()
        with rasterio.open(root / "sen1floods11" / "Labels" / f"{name}_LabelHand.tif") as source:
            truth = source.read(1)
        labels = np.where((truth < 0) | (raw == NODATA).any(0), 0, np.where(truth == 1, 1, 2)).astype(np.uint8)
        for row in range(0, labels.shape[0], RADAR_CROP):
            for col in range(0, labels.shape[1], RADAR_CROP):
                window = np.s_[row : row + RADAR_CROP, col : col + RADAR_CROP]
                inside = labels[window]
                bands = np.where(inside > 0, raw[:, window[0], window[1]], NODATA).astype(np.int16)
                yield LabelledImage(
                    f"{name}-{row}-{col}", (geotiff(bands, ("VV", "VH"), 10.0, scale=0.01, nodata=NODATA),), inside,
                    {1: "water"}, inside > 0, 10.0, roles=("sar",),
                )  # fmt: skip


def inputs(root: Path, out: Path, seed: int, clouded: bool) -> int:
    """Optical and radar of three places (TerraMesh), which the networks HAVE seen; `clouded` hides the optical half."""
    return write(_pairs(root, clouded), out, seed=seed, per_task=2, tasks=FIVE_TASKS)


def _pairs(root: Path, clouded: bool) -> Iterator[LabelledImage]:
    folder = root / "terramesh_s1s2"
    names = {1: "water", 2: "tree cover", 4: "cropland", 5: "built-up area", 6: "bare land", 7: "snow"}
    for path in sorted((folder / "S2L2A").glob("*.tif")):
        with rasterio.open(path) as source:
            optical = source.read([2, 3, 4, 8, 11, 12]).astype(np.float32)
        with rasterio.open(folder / "S1RTC" / path.name) as source:
            radar = source.read().astype(np.float32)
        with rasterio.open(folder / "LULC" / path.name) as source:
            labels = source.read(1)
        if clouded:  # a bright, white veil over the left half
            half = labels.shape[1] // 2
            noise = np.random.default_rng(seed_of(path.stem)).normal(0, 150, optical[:, :, :half].shape)
            optical[:, :, :half] = 6500 + noise
        valid = (labels > 0) & np.isfinite(radar).all(0)
        radar = np.where(valid, np.nan_to_num(radar) * 100, NODATA)
        pictures = (
            geotiff(np.where(valid, np.clip(optical, 0, 16_000), NODATA).astype(np.int16), BANDS, 10.0,
                    scale=1e-4, nodata=NODATA),
            geotiff(radar.astype(np.int16), ("VV", "VH"), 10.0, scale=0.01, nodata=NODATA),
        )  # fmt: skip
        present = {value: name for value, name in names.items() if (labels == value).any()}
        yield LabelledImage(
            path.stem, pictures, labels, present, valid, 10.0, roles=("optical", "sar"), times=(0, 0)
        )  # fmt: skip


def seed_of(name: str) -> int:
    """A number from a name."""
    return sum(name.encode())

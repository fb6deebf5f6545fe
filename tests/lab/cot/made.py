"""Small data sets in their published layouts, and made scenes with known masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.transform import from_origin

from terrascope_lab.cot.scenes import LabelledScene, Moment, from_map

LEGEND = {1: "water", 2: "trees", 3: "cropland", 4: "built-up area", 5: "bare land"}


def label_map(seed: int = 0, side: int = 96) -> np.ndarray:
    """Blobs of five classes, like a land-cover map."""
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    lean = rng.normal(0.0, 0.03, len(LEGEND))  # some scenes are mostly of one class, as real ones are
    fields = [ndimage.gaussian_filter(rng.standard_normal((side, side)), 7) + each for each in lean]
    return (np.argmax(fields, axis=0) + 1).astype(np.uint8)


def scene(seed: int = 0, gsd: float | None = 10.0) -> LabelledScene:
    """One optical image."""
    labels = label_map(seed)
    masks, valid = from_map(labels, LEGEND)
    return LabelledScene("made", str(seed), (Moment(picture(labels), masks),), valid, gsd, "Sentinel-2", "nowhere")


def pair(seed: int = 0) -> LabelledScene:
    """One place before and after a flood of its lower third."""
    before = label_map(seed)
    after = before.copy()
    after[64:] = 1
    moments = tuple(Moment(picture(labels), from_map(labels, LEGEND)[0]) for labels in (before, after))
    return LabelledScene("made_pair", str(seed), moments, np.ones(before.shape, bool), 10.0)


def picture(labels: np.ndarray) -> np.ndarray:
    """A picture that shows a label map."""
    colours = np.array(
        [[0, 0, 0], [30, 60, 200], [20, 110, 30], [200, 190, 60], [200, 80, 70], [160, 140, 120]], np.uint8
    )
    return colours[labels]


def save_png(path: Path, array: np.ndarray) -> None:
    """Write a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def save_tif(path: Path, array: np.ndarray) -> None:
    """Write a GeoTIFF of one or several bands at 10 m."""
    bands = array if array.ndim == 3 else array[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2], "dtype": bands.dtype,
        "crs": "EPSG:32633", "transform": from_origin(5e5, 5e6, 10, 10),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)


def save_json(path: Path, value: object) -> None:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def folder_set(root: Path, count: int = 4) -> Path:
    """Pictures and label rasters of the same names, for the reader of plain folders."""
    for seed in range(count):
        labels = label_map(seed)
        save_png(root / "images" / f"place{seed}.png", picture(labels))
        save_png(root / "masks" / f"place{seed}.png", labels)
    return root


CLASSES = ",".join(f"{value}={name}" for value, name in LEGEND.items())

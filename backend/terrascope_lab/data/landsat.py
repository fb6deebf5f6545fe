"""Readers of Landsat and of the harmonised Landsat and Sentinel-2 set, 30 m, six bands."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from terrascope_lab.data import legends
from terrascope_lab.data.sample import BANDS, Sample

_ALL = np.ones(len(BANDS), bool)


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


def _reflectance(values: NDArray[np.int16]) -> NDArray[np.float16]:
    return np.asarray(np.clip(values, 0, 16000) / 1e4, np.float16)


def read_porto_velho(root: Path) -> list[Sample]:
    """Porto Velho, Brazil, Landsat 8: city, brown river, forest, pasture. One picture."""
    with np.load(root / "portovelho_landsat8" / "portovelho.npz") as data:
        refl, drawn, points = data["refl"], data["collector_label"], data["point_label"]
    allowed = legends.lookup(legends.PORTO_VELHO)[drawn]
    known = legends.lookup(legends.PORTO_VELHO_POINTS)[points]
    allowed = np.where((allowed == 0) & (points > 0), known, allowed)
    allowed[(refl <= -1300).any(0)] = 0
    return [Sample("portovelho", "2019", _reflectance(refl), _ALL, allowed, 30.0, False, "portovelho")]


GEWATA_STRIPS = 4
_GAP = 12  # pixels at each side of a strip that belong to none


def read_gewata(root: Path) -> list[Sample]:
    """Kafa, Ethiopia, Landsat 7, in strips from west to east with a gap between them; borders of polygons are left
    out by two pixels, because they are drawn coarsely."""
    with np.load(root / "gewata_landsat7" / "gewata.npz") as data:
        refl, cover = data["refl"], data["lulc"]
    inner = np.zeros(cover.shape, bool)
    for value in np.unique(cover):
        inner |= binary_erosion(cover == value, np.ones((3, 3), bool), iterations=2, border_value=1)
    allowed = np.where(inner & (refl > 0).all(0), legends.lookup(legends.GEWATA)[cover], 0).astype(np.uint16)
    edges = np.linspace(0, cover.shape[1], GEWATA_STRIPS + 1).astype(int)
    samples = []
    for strip, (left, right) in enumerate(itertools.pairwise(edges)):
        cols = slice(left + _GAP * (strip > 0), right - _GAP * (strip < GEWATA_STRIPS - 1))
        name = f"strip{strip}"
        samples.append(
            Sample("gewata", name, _reflectance(refl[:, :, cols]), _ALL, allowed[:, cols], 30.0, False, name)
        )
    return samples


def read_para(root: Path) -> list[Sample]:
    """Para, Brazil, Landsat 5 in 1988: raw digital numbers, which is what the bands hold (0..1 for 0..255)."""
    with np.load(root / "amazon_polygons" / "landsat5_tm_para_1988_dn.npz") as data:
        numbers, labels = data["dn"], data["label"]
    bands = (numbers.astype(np.float32) / 255).astype(np.float16)
    allowed = legends.lookup(legends.PARA)[labels]
    return [Sample("para", "1988", bands, _ALL, allowed, 30.0, True, "para", raw=True)]


def read_landsat(root: Path) -> list[Sample]:
    """Every labelled picture at 30 m."""
    readers = (read_hls, read_porto_velho, read_gewata, read_para)
    return [sample for reader in readers for sample in reader(root)]

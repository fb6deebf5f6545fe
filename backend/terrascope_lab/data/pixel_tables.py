"""Readers of tables of labelled pixels without surroundings: Lesotho, Lithuania, Germany, Africa."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terrascope_lab.data import legends

_LARGEST = 500  #: pixels of a class and table: those of one polygon are nearly the same


@dataclass(frozen=True)
class PixelTable:
    """Pixels of one data set.

    Attributes
    ----------
    source
        Data set.
    spectra
        float32 [N, 6], reflectance in the order of `sample.BANDS`.
    allowed
        uint16 [N], bit mask of atoms.
    group
        str [N]: the place that must not be split.
    """

    source: str
    spectra: NDArray[np.float32]
    allowed: NDArray[np.uint16]
    group: NDArray[np.str_]


def _spectra(values: NDArray[np.int16], names: list[str], wanted: tuple[str, ...]) -> NDArray[np.float32]:
    columns = [names.index(name) for name in wanted]
    return np.asarray(np.clip(values[..., columns], 0, 16000) / 1e4, np.float32)


_S2 = ("B02", "B03", "B04", "B08", "B11", "B12")


def read_lesotho(root: Path) -> PixelTable:
    """Lesotho: each point at six two-month medians of 2021, all of one place."""
    with np.load(root / "lesotho_s2_pixels" / "lesotho_2021.npz") as data:
        wanted = ("blue", "green", "red", "nir_1", "swir_1", "swir_2")
        spectra = _spectra(data["refl"], list(data["bands"]), wanted)
        allowed = legends.lookup(legends.LESOTHO)[data["label"]]
    dates = spectra.shape[1]
    flat, sets = spectra.reshape(-1, 6), np.repeat(allowed, dates)
    known = (flat > 0).all(1) & (sets > 0)
    return PixelTable("lesotho", flat[known], sets[known], np.full(int(known.sum()), "lesotho"))


def read_lithuania(root: Path) -> PixelTable:
    """Lithuania in April and June, of few polygons: at most 500 pixels of a class and table."""
    with np.load(root / "lithuania_s2_pixels" / "lithuania.npz") as data:
        spectra = _spectra(data["refl"], list(data["bands"]), _S2)
        label, table, names = data["label"], data["table"], list(data["label_names"])
    legend = legends.lookup({i: legends.LITHUANIA.get(str(name), 0) for i, name in enumerate(names)})
    rng = np.random.default_rng(0)
    chosen = []
    for one in np.unique(table):
        for value in np.unique(label):
            here = np.flatnonzero((table == one) & (label == value))
            chosen.append(rng.permutation(here)[:_LARGEST])
    index = np.concatenate(chosen)
    index = index[legend[label[index]] > 0]
    return PixelTable("lithuania", spectra[index], legend[label[index]], np.full(len(index), "lithuania"))


def read_germany(root: Path) -> PixelTable:
    """Freiburg, Jena and Luebeck, at the top of the atmosphere."""
    with np.load(root / "germany_s2_pixels" / "germany.npz") as data:
        spectra = _spectra(data["refl"], list(data["bands"]), _S2)
        label, names = data["label"], list(data["label_names"])
        group = data["region_names"][data["region"]]
    legend = legends.lookup({i: legends.GERMANY.get(str(name), 0) for i, name in enumerate(names)})
    return PixelTable("germany", spectra, legend[label], group.astype(str))


def read_africa(root: Path) -> PixelTable:
    """Points of six regions of Africa at two half-year medians: cropland or not."""
    with np.load(root / "africa_s2_pixels" / "africa_crop_noncrop.npz") as data:
        wanted = ("blue", "green", "red", "nir", "swir_1", "swir_2")
        spectra = _spectra(data["refl"], list(data["bands"]), wanted)
        allowed = legends.lookup(legends.AFRICA)[data["crop"]]
        group = data["region_names"][data["region"]].astype(str)
    dates = spectra.shape[1]
    return PixelTable("africa", spectra.reshape(-1, 6), np.repeat(allowed, dates), np.repeat(group, dates))


def read_tables(root: Path) -> list[PixelTable]:
    """Every table of pixels."""
    return [reader(root) for reader in (read_lesotho, read_lithuania, read_germany, read_africa)]

"""Made landscapes with known truth, for the benchmark that ships: no licence, no download, the same on any machine.

Class maps come from smooth random fields (a river and lakes, woods, a town, fields of crop, grass and bare soil), bands
from typical surface reflectance of each class with soft edges and noise, radar from typical backscatter with speckle.
What a network scores here says whether it works as it should, and little about real land.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope_lab.bench.encode import geotiff
from terrascope_lab.bench.labelled import LabelledImage

SIDE = 128
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
CLASSES = {1: "water", 2: "tree cover", 3: "grassland", 4: "cropland", 5: "bare land", 6: "built-up area"}
#: Surface reflectance in the order of `BANDS`, and backscatter VV, VH in dB, of each class.
REFLECTANCE = {
    1: (0.050, 0.060, 0.042, 0.022, 0.012, 0.008),
    2: (0.022, 0.042, 0.026, 0.290, 0.140, 0.062),
    3: (0.042, 0.076, 0.064, 0.270, 0.230, 0.135),
    4: (0.050, 0.085, 0.070, 0.360, 0.210, 0.120),
    5: (0.110, 0.155, 0.200, 0.280, 0.350, 0.300),
    6: (0.115, 0.135, 0.145, 0.195, 0.215, 0.195),
}
BACKSCATTER = {1: (-20, -28), 2: (-8, -14), 3: (-12, -19), 4: (-11, -17), 5: (-14, -22), 6: (-4, -11)}
#: File values: reflectance x 1,000 and dB x 10; finer steps would only store noise.
REFLECTANCE_STEP, DECIBEL_STEP = 1e-3, 0.1


def landscapes(optical: int = 8, floods: int = 4, radar: int = 2, seed: int = 16) -> Iterator[LabelledImage]:
    """Yield optical scenes of one date, scenes of two dates with a flood and felling between them, and radar scenes."""
    for number in range(optical + floods + radar):
        random = np.random.default_rng((seed, number))
        gsd = (10.0, 30.0)[number % 2]
        labels, low = _class_map(random)
        valid = np.ones(labels.shape, bool)
        if number < optical:
            picture = _optical(labels, random, gsd)
            yield LabelledImage(f"made-{number}", (picture,), labels, CLASSES, valid, gsd)
        elif number < optical + floods:
            after = _later(labels, low, random)
            pictures = (_optical(labels, random, gsd), _optical(after, random, gsd))
            yield LabelledImage(
                f"made-flood-{number}", pictures, labels, CLASSES, valid, gsd, labels_after=after,
                changing=("water", "tree cover"), roles=("optical", "optical"), times=(0, 1),
            )  # fmt: skip
        else:
            picture = _radar(labels, random, gsd)
            yield LabelledImage(f"made-radar-{number}", (picture,), labels, {1: "water"}, valid, gsd, roles=("sar",))


def _field(random: np.random.Generator, size: float) -> NDArray[np.float64]:
    """A smooth random field of mean 0 and deviation 1; `size` is the extent of its hills in pixels."""
    field = ndimage.gaussian_filter(random.standard_normal((SIDE, SIDE)), size, mode="wrap")
    return np.asarray((field - field.mean()) / field.std())


def _class_map(random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Class values uint8 [SIDE, SIDE], and the height of the ground."""
    height = _field(random, 14)
    rows, cols = np.mgrid[0:SIDE, 0:SIDE]
    points = random.uniform(0, SIDE, (24, 2))
    kinds = random.choice([3, 4, 4, 5], 24)
    nearest = ((rows[..., None] - points[:, 0]) ** 2 + (cols[..., None] - points[:, 1]) ** 2).argmin(-1)
    labels = kinds[nearest].astype(np.uint8)
    labels[_field(random, 9) > 0.7] = 2
    town = random.uniform(30, SIDE - 30, 2)
    labels[np.hypot(rows - town[0], cols - town[1]) + 5 * _field(random, 4) < random.uniform(12, 22)] = 6
    course = SIDE / 2 + 20 * np.sin(cols / 25 + random.uniform(0, 6)) + random.uniform(-20, 20)
    labels[(np.abs(rows - course) < random.uniform(3, 6)) | (height < -1.3)] = 1
    return labels, height


def _later(labels: NDArray[np.uint8], height: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.uint8]:
    """The second date: low ground is flooded, some wood is felled."""
    after = labels.copy()
    after[(labels == 2) & (_field(random, 10) > 0.4)] = 5
    after[(height < -0.5) & (labels != 6)] = 1
    return after


def _mixed(labels: NDArray[np.uint8], table: Mapping[int, Sequence[float]]) -> NDArray[np.float64]:
    """Values of a table by class with edges blurred by the optics, float [bands, SIDE, SIDE]."""
    values = np.zeros((max(table) + 1, len(table[1])))
    for value, entry in table.items():
        values[value] = entry
    return np.stack([ndimage.gaussian_filter(band, 0.6) for band in np.moveaxis(values[labels], 2, 0)])


def _optical(labels: NDArray[np.uint8], random: np.random.Generator, gsd_m: float) -> bytes:
    bands = _mixed(labels, REFLECTANCE) * (1 + 0.06 * _field(random, 6)) + random.normal(0, 0.004, (6, SIDE, SIDE))
    values = np.clip(np.rint(bands / REFLECTANCE_STEP), 1, 1500).astype(np.int16)
    return geotiff(values, BANDS, gsd_m, scale=REFLECTANCE_STEP)


def _radar(labels: NDArray[np.uint8], random: np.random.Generator, gsd_m: float) -> bytes:
    decibel = _mixed(labels, BACKSCATTER)
    decibel += 10 * np.log10(random.gamma(5, 1 / 5, decibel.shape))
    return geotiff(np.rint(decibel / DECIBEL_STEP).astype(np.int16), ("VV", "VH"), gsd_m, scale=DECIBEL_STEP)

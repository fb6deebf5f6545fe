"""Pixels of tables as blobs: ground whose spectrum is known and whose surroundings are not.

A table of pixels knows shrub, wetland, peat, sand and bare ground of places that no labelled picture shows. A blob of a
crop gets spectra of one class and place, smoothed a little, so that neither its shape nor its edge says anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from terrascope_lab.data import places
from terrascope_lab.data.pixel_tables import PixelTable
from terrascope_lab.training.vision.augment import smooth_field

Array = NDArray[np.float32]
SHARE = 0.22  #: share of reflectance crops that get blobs
_LIKE = 12  # pixels of the table that a blob is made of


class Spectra:
    """Tables by place and set of atoms, each pair equally likely."""

    def __init__(self, tables: Sequence[PixelTable]) -> None:
        known = places.table()
        self._kinds: list[tuple[Array, int, int]] = []  # spectra, atoms, fold
        for table in tables:
            for group in np.unique(table.group):
                fold = known[table.source, str(group)].fold
                for atoms in np.unique(table.allowed):
                    here = (table.group == group) & (table.allowed == atoms)
                    if here.sum() >= _LIKE:
                        self._kinds.append((table.spectra[here], int(atoms), fold))

    def paint(
        self, bands: Array, allowed: NDArray[np.uint16], rng: np.random.Generator
    ) -> tuple[Array, NDArray[np.uint16], int]:
        """Lay one or two blobs over a crop [6, N, N]; returns bands, labels and a bit for each fold they are of."""
        size, folds = allowed.shape[0], 0
        bands, allowed = bands.copy(), allowed.copy()
        for _ in range(int(rng.integers(1, 3))):
            spectra, atoms, fold = self._kinds[int(rng.integers(len(self._kinds)))]
            field = smooth_field(size, rng)
            where = field > np.quantile(field, rng.uniform(0.6, 0.97))
            few = spectra[rng.integers(len(spectra), size=_LIKE)]
            mixed = rng.dirichlet(np.full(_LIKE, 0.3), size=(size, size)).astype(np.float32) @ few
            ground = uniform_filter(np.moveaxis(mixed, -1, 0), (0, *rng.choice((1, 3, 5), 2)))
            alpha = where.astype(np.float32)
            if rng.random() < 0.6:
                alpha = uniform_filter(alpha, 3)
            bands = bands * (1 - alpha) + ground * alpha
            allowed[(alpha > 0) & ~(alpha > 0.7)] = 0
            allowed[alpha > 0.7] = atoms
            folds |= 1 << fold
        return bands.astype(np.float32), allowed, folds

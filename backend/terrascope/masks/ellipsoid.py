"""Closed forms on an ellipsoid of revolution: zone areas, arc lengths, Cartesian coordinates.

Snyder, *Map Projections: A Working Manual* (USGS PP 1395), equations 3-12 (authalic function q), 4-18, 4-21.
Angles are in radians, lengths in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Ellipsoid:
    """Semi-major axis in metres and squared eccentricity (0 for a sphere)."""

    a: float
    e2: float
    name: str = ""

    def zone(self, lat1: Floats, lat2: Floats) -> Floats:
        """Area in m2 between two latitudes for each radian of longitude. Latitudes beyond a pole add nothing."""
        return np.abs(self._q(lat2) - self._q(lat1)) * (0.5 * self.a * self.a)

    def _q(self, lat: Floats) -> Floats:
        s = np.sin(np.clip(lat, -np.pi / 2, np.pi / 2))
        if self.e2 <= 0.0:
            return 2.0 * s
        e = np.sqrt(self.e2)
        return (1.0 - self.e2) * (s / (1.0 - self.e2 * s * s) + np.arctanh(e * s) / e)

    def equal_area(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Lambert's cylindrical equal-area coordinates in metres (areas in that plane are true areas)."""
        return self.a * lon, 0.5 * self.a * self._q(lat)

    def parallel(self, lat: Floats) -> Floats:
        """Metres for each radian of longitude."""
        s = np.sin(lat)
        return np.maximum(self.a * np.cos(lat) / np.sqrt(1.0 - self.e2 * s * s), 0.0)

    def meridian(self, lat: Floats) -> Floats:
        """Metres for each radian of latitude."""
        s = np.sin(lat)
        return self.a * (1.0 - self.e2) / (1.0 - self.e2 * s * s) ** 1.5

    def cartesian(self, lon: Floats, lat: Floats) -> Floats:
        """Earth-centred coordinates, float64 [..., 3], on the surface of the ellipsoid."""
        s, c = np.sin(lat), np.cos(lat)
        n = self.a / np.sqrt(1.0 - self.e2 * s * s)
        return np.stack([n * c * np.cos(lon), n * c * np.sin(lon), n * (1.0 - self.e2) * s], axis=-1)

"""Samples as the views that a user's layers would become, and tables of figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from terrascope.scene.types import Role, Scale, Source, View
from terrascope_lab.training.vision import samples
from terrascope_lab.training.vision.augment import picture


def view_of(sample: samples.Sample, scale: Scale | None = None) -> View:
    """Return a sample as the view that a user's layer would become."""
    bands: tuple[str, ...]
    if len(sample.bands) == 2:
        bands, role, scale = ("vv", "vh"), Role.SAR, Scale.DB
    elif sample.source == "dubai":
        bands, role, scale = ("red", "green", "blue"), Role.OPTICAL, Scale.DISPLAY
    else:
        bands = tuple(np.array(samples.BANDS)[sample.present])
        role, scale = Role.OPTICAL, scale or (Scale.DISPLAY if sample.display else Scale.REFLECTANCE)
    pixels = sample.bands.astype(np.float32)
    if len(sample.present) == 6:
        pixels = pixels[sample.present]
    valid = np.asarray(np.isfinite(pixels).all(0))
    return View(sample.name, role, None, bands, scale, np.where(valid, pixels, 0), valid, Source(sample.name))


def with_bands(data: Iterable[samples.Sample], present: tuple[int, ...]) -> list[samples.Sample]:
    """Return the samples reduced to some of the six bands."""
    flags = np.array(present, bool)
    return [
        dataclasses.replace(s, present=s.present & flags, bands=s.bands * (s.present & flags)[:, None, None])
        for s in data
    ]


def as_pictures(data: Iterable[samples.Sample], seed: int = 0) -> list[samples.Sample]:
    """Return reflectance samples as 8-bit RGB pictures in the stretches that people use."""
    rng = np.random.default_rng(seed)
    out = []
    for s in data:
        rgb = s.bands.astype(np.float32).copy()
        shown = picture(rgb, rng, 3)
        flags = np.array([1, 1, 1, 0, 0, 0], bool)
        bands = np.clip(shown / 0.28, 0, 1) * flags[:, None, None]
        out.append(dataclasses.replace(s, present=flags, bands=bands.astype(np.float16), display=True))
    return out


def table(title: str, rows: dict[str, dict[str, Any]]) -> str:
    """Return a Markdown table."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [f"### {title}", "", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = [row.get(c, "") for c in columns]
        shown = [f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"

"""Pictures of views for networks that see three 8-bit channels, and for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import SceneError
from terrascope.scene.types import Role, Scale, View

#: Composites by name: bands for red, green and blue.
COMPOSITES: dict[str, tuple[str, str, str]] = {
    "true": ("red", "green", "blue"),
    "false": ("nir", "red", "green"),
    "swir": ("swir2", "nir", "red"),
    "natural": ("swir1", "nir", "red"),
    "agriculture": ("swir1", "nir", "blue"),
    "burn": ("swir2", "nir", "green"),
    "water": ("nir", "swir1", "red"),
    "urban": ("swir2", "swir1", "red"),
}
#: Backscatter that is shown black and white, dB.
VV_RANGE: tuple[float, float] = (-25.0, 0.0)
VH_RANGE: tuple[float, float] = (-32.0, -5.0)
_STRETCH = (2.0, 98.0)
_REFLECTANCE_TOP = 0.3  # Sentinel-2's own true-colour picture: 8-bit 255 stands near reflectance 0.3
_SAMPLE = 2**20


class Composite(NamedTuple):
    """Bands for red, green and blue, and why these."""

    bands: tuple[str, str, str]
    reason: str


def composite_bands(view: View, composite: str = "true") -> Composite:
    """Choose the bands of a composite.

    `composite` is a name of `COMPOSITES` or three band names joined by commas. "true" falls back on what the view has:
    short-wave infrared, near infrared, red (plants green, water dark, as people and networks know them); else near
    infrared, red, green (plants red); else its first bands.

    Raises
    ------
    SceneError
        If the composite is unknown or the view lacks its bands.
    """
    wanted = COMPOSITES.get(composite)
    if wanted is None:
        parts = tuple(p.strip() for p in composite.split(","))
        if len(parts) != 3:
            names = ", ".join(COMPOSITES)
            raise SceneError(f"Composite {composite!r} is unknown.", f"Use one of {names}, or three band names.")
        wanted = (parts[0], parts[1], parts[2])
    if all(b in view.bands for b in wanted):
        return Composite(wanted, f"composite {composite}")
    if composite == "true":
        return _without_blue(view.bands)
    missing = ", ".join(b for b in wanted if b not in view.bands)
    raise SceneError(
        f'"{view.name}" has no band {missing} for the composite {composite!r}; it has {", ".join(view.bands)}.',
        "Choose another composite.",
    )


def _without_blue(bands: Sequence[str]) -> Composite:
    for name in ("natural", "swir", "false"):
        if all(b in bands for b in COMPOSITES[name]):
            return Composite(COMPOSITES[name], f"no red, green and blue; composite {name}")
    if len(bands) >= 3:
        return Composite((bands[0], bands[1], bands[2]), "no red, green and blue; the first three bands")
    return Composite((bands[0],) * 3, "no red, green and blue; the first band as grey")


def shown_bands(bands: Sequence[str]) -> tuple[str, ...]:
    """Return the bands that a picture of an optical view shows as red, green and blue, where they are others."""
    if not bands or all(b in bands for b in COMPOSITES["true"]):
        return ()
    return tuple(dict.fromkeys(_without_blue(bands).bands))


def render_rgb(view: View, composite: str = "true", *, stretch: str = "auto") -> NDArray[np.uint8]:
    """Make a picture of an optical view (SAR views go to `render_sar`).

    Parameters
    ----------
    stretch
        "percentile" (2..98 % of valid pixels, each channel), "sensor" (display values as they are, reflectance 0..0.3
        to 0..255), "auto": display values as they are, everything else by percentiles.

    Returns
    -------
    uint8 [H, W, 3]; pixels that are not valid are 0.

    Raises
    ------
    SceneError
        As `composite_bands`; also for an unknown stretch.
    """
    if view.role is Role.SAR and composite == "true":
        return render_sar(view)
    if stretch not in ("auto", "percentile", "sensor"):
        raise SceneError(f"Stretch {stretch!r} is unknown.", "Use auto, percentile or sensor.")
    names = composite_bands(view, composite).bands
    out = np.zeros((*view.valid.shape, 3), dtype=np.uint8)
    for channel, name in enumerate(names):
        band = view.pixels[view.bands.index(name)]
        low, high = _limits(view, band, stretch)
        _to_uint8(band, low, high, out[..., channel])
    out[~view.valid] = 0
    return out


def _limits(view: View, band: NDArray[np.float32], stretch: str) -> tuple[float, float]:
    if view.scale is Scale.DISPLAY and stretch != "percentile":
        return 0.0, 1.0
    if view.scale is Scale.REFLECTANCE and stretch == "sensor":
        return 0.0, _REFLECTANCE_TOP
    return percentiles(band, view.valid)


def percentiles(
    band: NDArray[np.float32], valid: NDArray[np.bool_], at: tuple[float, float] = _STRETCH
) -> tuple[float, float]:
    """Low and high percentile of the valid pixels (of at most a million of them); (0, 1) without any."""
    step = max(1, int(np.sqrt(valid.size / _SAMPLE)))
    values = band[::step, ::step][valid[::step, ::step]]
    if values.size == 0:
        values = band[valid]
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, at))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _to_uint8(band: NDArray[np.float32], low: float, high: float, out: NDArray[np.uint8]) -> None:
    """Linear low..high to 0..255, rounded to nearest, in strips so that the temporary stays small."""
    gain = np.float32(255.0 / (high - low))
    rows = max(1, _SAMPLE // max(1, band.shape[1]))
    for top in range(0, band.shape[0], rows):
        part = (band[top : top + rows] - np.float32(low)) * gain
        part += np.float32(0.5)
        np.clip(part, 0, 255, out=part)
        out[top : top + rows] = part.astype(np.uint8)


def render_sar(
    view: View, *, vv_range: tuple[float, float] = VV_RANGE, vh_range: tuple[float, float] = VH_RANGE
) -> NDArray[np.uint8]:
    """Make the SAR picture the model was trained on: VH, VV and their mean, truncated (reference section 6).

    8-bit pictures are taken as they are; dB values are mapped linearly from `vv_range` and `vh_range` to 0..255 first.
    HV stands for VH and HH for VV; a single channel stands for both.

    Returns
    -------
    uint8 [H, W, 3]; pixels that are not valid are 0.
    """
    names = view.bands
    co: str | None = next((b for b in ("vv", "hh") if b in names), None)
    cross: str | None = next((b for b in ("vh", "hv") if b in names), None)
    first = co or cross or names[0]
    co_name, cross_name = co or first, cross or first
    out = np.zeros((*view.valid.shape, 3), dtype=np.uint8)
    for channel, name, limits in ((0, cross_name, vh_range), (1, co_name, vv_range)):
        if co_name == cross_name:
            limits = vh_range if name in ("vh", "hv") else vv_range
        band = view.pixels[names.index(name)]
        if view.scale is Scale.DISPLAY:
            limits = (0.0, 1.0)
        elif view.scale is not Scale.DB or _off_scale(view, band, limits):
            limits = percentiles(band, view.valid)
        _to_uint8(band, limits[0], limits[1], out[..., channel])
    out[..., 2] = (out[..., 0].astype(np.uint16) + out[..., 1].astype(np.uint16)) // 2
    out[~view.valid] = 0
    return out


def _off_scale(view: View, band: NDArray[np.float32], limits: tuple[float, float]) -> bool:
    """True for numbers that are not calibrated backscatter (digital numbers in dB lie far above)."""
    low, high = percentiles(band, view.valid, (25.0, 75.0))
    return high < limits[0] or low > limits[1] + 5.0

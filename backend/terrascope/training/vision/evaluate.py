"""Measure the exported networks on what they were not trained on, and print the table of docs/vision-results.md.

    python -m terrascope.training.vision.evaluate --data ../shared/data --models resources/models \\
        --baseline .work/vision/mlp.npz --baseline-rgb .work/vision/mlp_rgb.npz

It runs the very code that the plugin runs (`networks/embedded/vision.py`), on the held-out ids of the manifest.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.classes import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope.scene.types import Role, Scale, Source, View
from terrascope.training.vision import metrics, overlap, samples
from terrascope.training.vision.augment import picture

Predict = Callable[[samples.Sample], NDArray[np.float32]]


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


def cover(data: list[samples.Sample], predict: Callable[[samples.Sample], NDArray[np.int64]]) -> dict[str, Any]:
    """Eight-class land cover: IoU by class, mean IoU over the classes present, accuracy."""
    total = np.zeros((8, 8), np.int64)
    for sample in data:
        total += metrics.confusion(predict(sample), metrics.truth(sample.allowed, metrics.EIGHT), 8)
    iou, mean, accuracy = metrics.scores(total)
    return {
        "miou": mean,
        "accuracy": accuracy,
        **{name: float(v) for name, v in zip(metrics.EIGHT, iou, strict=True) if np.isfinite(v)},
    }


def network_cover(networks: VisionNetworks, data: list[samples.Sample]) -> dict[str, Any]:
    """`cover` of the networks, with the calibration error of the winning class."""
    reliability = metrics.Reliability()

    def predict(sample: samples.Sample) -> NDArray[np.int64]:
        p = networks.probabilities(view_of(sample), sample.gsd_m, "optical")
        classes = metrics.grouped(p, metrics.EIGHT)
        true = metrics.truth(sample.allowed, metrics.EIGHT)
        best = classes.argmax(0)
        known = true >= 0
        reliability.add(classes.max(0)[known], (best == true)[known])
        return best

    out = cover(data, predict)
    out["ece"] = reliability.error
    return out


def floods(
    water_of: Callable[[samples.Sample], NDArray[np.bool_]], root: Path, held: set[str], present: tuple[int, ...]
) -> dict[str, Any]:
    """Gain and loss of water between two dates of one held-out place, pooled over pairs with at least 2 % change."""
    pairs = json.loads((root / "hls_worldcover" / "same_location_pairs.json").read_text())
    data = {s.name: s for s in with_bands(samples.read_hls(root), present)}
    water: dict[str, NDArray[np.bool_]] = {}
    sums = np.zeros((2, 2))
    used = 0
    for pair in pairs:
        a, b = str(pair["a"]), str(pair["b"])
        if f"hls/{a}" not in held or f"hls/{b}" not in held or pair["changed"] < 0.02:
            continue
        used += 1
        for name in (a, b):
            if name not in water:
                water[name] = water_of(data[name])
        truths = [data[name].allowed == 1 for name in (a, b)]
        known = (data[a].allowed > 0) & (data[b].allowed > 0)
        for row, (first, second) in enumerate(((0, 1), (1, 0))):
            guess = (water[(a, b)[second]] & ~water[(a, b)[first]]) & known
            true = (truths[second] & ~truths[first]) & known
            sums[row] += metrics.binary_iou(guess, true)
    gain, loss = sums[:, 0] / np.maximum(sums[:, 1], 1)
    both = float(sums[:, 0].sum() / max(sums[:, 1].sum(), 1))
    return {"pairs": used, "gain": float(gain), "loss": float(loss), "change": both}


def baseline_floods(path: Path, root: Path, held: set[str]) -> dict[str, Any]:
    """`floods` of the baseline's stored predictions."""
    with np.load(path) as stored:
        guesses = {key: stored[key] == metrics.EIGHT.index("water") for key in stored.files}
    return floods(lambda s: guesses[f"hls/{s.name}"], root, held, (1,) * 6)


def water_of(networks: VisionNetworks) -> Callable[[samples.Sample], NDArray[np.bool_]]:
    """Water of a 30 m patch where it is more likely than not."""

    def water(sample: samples.Sample) -> NDArray[np.bool_]:
        p = networks.probabilities(view_of(sample), sample.gsd_m, "optical")
        return np.asarray(p[ATOMS.index("water")] > 0.5)

    return water


def aerial(networks: VisionNetworks, data: list[samples.Sample]) -> dict[str, Any]:
    """Five classes of the Dubai pictures."""
    total = np.zeros((5, 5), np.int64)
    for sample in data:
        p = networks.probabilities(view_of(sample), sample.gsd_m, "aerial")
        best = metrics.grouped(p, metrics.FIVE).argmax(0)
        total += metrics.confusion(best, metrics.truth(sample.allowed, metrics.FIVE), 5)
    iou, mean, accuracy = metrics.scores(total)
    return {"miou": mean, "accuracy": accuracy, **dict(zip(metrics.FIVE, map(float, iou), strict=True))}


def sar(networks: VisionNetworks, data: list[samples.Sample]) -> dict[str, Any]:
    """Water of Sentinel-1 chips, pooled."""
    sums = np.zeros(2)
    out: dict[str, Any] = {}
    for sample in data:
        p = networks.probabilities(view_of(sample), sample.gsd_m, "sar")
        known = sample.allowed > 0
        here = metrics.binary_iou((p[0] > 0.5)[known], (sample.allowed == 1)[known])
        sums += here
        out[sample.name] = here[0] / max(here[1], 1)
    return {"water": float(sums[0] / max(sums[1], 1)), **out}


def forest(networks: VisionNetworks, data: list[samples.Sample], atom: str, bit: int) -> dict[str, Any]:
    """IoU of one atom where the labels know it, pooled."""
    sums = np.zeros(2)
    for sample in data:
        p = networks.probabilities(view_of(sample), sample.gsd_m, "optical")
        known = sample.allowed > 0
        guess = p.argmax(0) == ATOMS.index(atom)
        sums += metrics.binary_iou(guess[known], (sample.allowed == bit)[known])
    return {atom: float(sums[0] / max(sums[1], 1))}


def table(title: str, rows: dict[str, dict[str, Any]]) -> str:
    """Return a Markdown table."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [f"### {title}", "", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = [row.get(c, "") for c in columns]
        shown = [f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--baseline-rgb", type=Path)
    parser.add_argument("--only", choices=("optical", "aerial", "sar"))
    parser.add_argument(
        "--without-overlap", action="store_true", help="leave out held-out HLS patches that overlap a training patch"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    networks = VisionNetworks(arguments.models, arguments.threads)
    results: dict[str, dict[str, dict[str, Any]]] = {}
    if arguments.only in (None, "optical"):
        results.update(optical_tables(networks, arguments))
    if arguments.only in (None, "aerial") and "aerial" in networks.experts:
        held = set(networks.manifest["experts"]["aerial"]["held_out"])
        data = [s for s in samples.read_dubai(arguments.data) if f"dubai/{s.name}" in held]
        tiles = sorted({s.group for s in data})
        results["Aerial RGB, Dubai tile left out"] = {
            tile: aerial(networks, [s for s in data if s.group == tile]) for tile in tiles
        }
    if arguments.only in (None, "sar") and "sar" in networks.experts:
        held = set(networks.manifest["experts"]["sar"]["held_out"])
        data = [s for s in samples.read_sar(arguments.data) if f"{s.source}/{s.name}" in held]
        results["Sentinel-1 water, chips left out"] = {"pooled": sar(networks, data)}
    for title, rows in results.items():
        sys.stdout.write(table(title, rows) + "\n")
    if arguments.json:
        earlier = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
        arguments.json.write_text(json.dumps({**earlier, **results}, indent=1))


def optical_tables(networks: VisionNetworks, arguments: argparse.Namespace) -> dict[str, dict[str, dict[str, Any]]]:
    """All tables of the optical network."""
    root = arguments.data
    known = frozenset(networks.manifest["experts"]["optical"]["held_out"])
    held = set(known)
    if arguments.without_overlap:
        for pair in overlap.read(root):
            names = [f"hls/{i}" for i in pair]
            if sum(name in known for name in names) == 1:
                held -= set(names)
    hls = [s for s in samples.read_hls(root) if f"hls/{s.name}" in held]
    out: dict[str, dict[str, dict[str, Any]]] = {}
    parts = {"held_out": "HLS 30 m, unseen regions", "held_out_flood": "HLS 30 m, unseen places of region 28"}
    for part, title in parts.items():
        data = [s for s in hls if s.part == part]
        rows: dict[str, dict[str, Any]] = {}
        for name, path in (("MLP, all bands", arguments.baseline), ("MLP, RGB", arguments.baseline_rgb)):
            if path:
                with np.load(path) as stored:
                    guesses = {key: stored[key].astype(np.int64) for key in stored.files}
                rows[name] = cover(data, lambda s, g=guesses: g[f"hls/{s.name}"])  # type: ignore[misc]
        rows["network, all bands"] = network_cover(networks, data)
        rows["network, blue green red NIR"] = network_cover(networks, with_bands(data, (1, 1, 1, 1, 0, 0)))
        rows["network, RGB reflectance"] = network_cover(networks, with_bands(data, (1, 1, 1, 0, 0, 0)))
        rows["network, RGB picture"] = network_cover(networks, as_pictures(data))
        out[title] = rows
    out["Floods, water gain and loss between two dates"] = {
        **({"MLP, all bands": baseline_floods(arguments.baseline, root, held)} if arguments.baseline else {}),
        "all bands": floods(water_of(networks), root, held, (1,) * 6),
        "RGB reflectance": floods(water_of(networks), root, held, (1, 1, 1, 0, 0, 0)),
    }
    europe = [s for s in samples.read_europe(root) if s.part == "held_out"]
    slovenia = [s for s in samples.read_slovenia(root) if s.part == "held_out"]
    out["Sentinel-2, 10 m"] = {
        "Europe, blue green red NIR": network_cover(networks, europe),
        "Europe, RGB reflectance": network_cover(networks, with_bands(europe, (1, 1, 1, 0, 0, 0))),
        "Slovenia, RGB picture": network_cover(networks, slovenia),
    }
    amazon = [s for s in samples.read_amazon(root) if s.part == "held_out"]
    india = [s for s in samples.read_india(root) if s.part == "held_out"]
    out["Sentinel-2 pictures, single classes (IoU)"] = {
        "Amazon": forest(networks, amazon, "tree", 2),
        "India": forest(networks, india, "water", 1),
    }
    return out


if __name__ == "__main__":
    main()

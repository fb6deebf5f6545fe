"""Scenes for language training: class maps of one or several dates, real or made, as a vision network would see
them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope.landcover import ATOMS, LABELS
from terrascope.reasoning.evidence import Near, Sized

SIDE = 64
_INDEX = {atom: rank for rank, atom in enumerate(ATOMS)}
_HLS = {
    10: "tree",
    20: "shrub",
    30: "grass",
    40: "crop",
    50: "built",
    60: "bare",
    70: "snow",
    80: "water",
    90: "wetland",
    95: "tree",
    100: "grass",
}
_EUROPE = {2: "built", 3: "crop", 4: "tree", 5: "tree", 6: "grass", 7: "bare", 9: "water"}
_SLOVENIA = {1: "crop", 2: "tree", 3: "grass", 4: "shrub", 5: "water", 6: "wetland", 8: "built", 9: "bare"}
_PLACES = ("north-west", "north", "north-east", "west", "centre", "east", "south-west", "south", "south-east")


@dataclass(frozen=True)
class MadeScene:
    """probabilities float32 [T, atoms, SIDE, SIDE]; `gsd` m or None; `shares` of each label by date."""

    probabilities: NDArray[np.float32]
    gsd: float | None
    has_crs: bool
    shares: list[dict[str, float]]

    @property
    def dates(self) -> int:
        return len(self.probabilities)

    def atoms(self, label: str) -> frozenset[str]:
        """Atoms that a label's query should take at this pixel size."""
        if label == "buildings" and (self.gsd is None or self.gsd > 5):
            return frozenset({"building", "built"})
        return LABELS[label]

    def mask(self, label: str, date: int) -> NDArray[np.bool_]:
        """Mask of a label at a date (0..), by the rule of the network."""
        inside = [_INDEX[atom] for atom in self.atoms(label)]
        rest = [rank for rank in range(len(ATOMS)) if rank not in inside]
        scores = self.probabilities[date]
        return scores[inside].sum(0) > scores[rest].max(0)


def read_maps(shared: Path | None) -> list[NDArray[np.int8]]:
    """Return real class maps (atom index, -1 unknown) from the training data, none where the folder is absent."""
    if shared is None or not shared.is_dir():
        return []
    maps: list[NDArray[np.int8]] = []

    def coded(values: NDArray[np.integer], codes: dict[int, str]) -> NDArray[np.int8]:
        table = np.full(256, -1, np.int8)
        for code, atom in codes.items():
            table[code] = _INDEX[atom]
        return table[values.astype(np.uint8)]

    hls = np.load(shared / "data/hls_worldcover/hls_worldcover_train.npz")
    for cover, water in zip(hls["worldcover"], hls["water"]):
        found = coded(cover, _HLS)
        found[water == 1] = _INDEX["water"]
        maps.append(found)
    maps.extend(coded(m, _EUROPE) for m in np.load(shared / "data/europe_s2/europe_s2_train.npz")["labels"])
    maps.append(coded(np.load(shared / "data/slovenia_s2_scene/LULC.npy"), _SLOVENIA))
    return maps


def _noise(rng: np.random.Generator, sigma: float) -> NDArray[np.float64]:
    found = ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)), sigma, mode="wrap")
    return (found - found.mean()) / (found.std() + 1e-9)


def _made_map(rng: np.random.Generator, fine: bool) -> NDArray[np.int8]:
    pool = [a for a in ATOMS if fine or a not in ("building", "road")]
    if fine:
        pool = [a for a in pool if a != "snow" or rng.random() < 0.2]
    atoms = rng.choice([_INDEX[a] for a in pool], size=rng.integers(1, 6), replace=False)
    sigma = rng.choice((2.0, 4.0, 8.0))
    scores = np.stack([_noise(rng, sigma) + rng.normal(0, 0.7) for _ in atoms])
    return atoms[scores.argmax(0)].astype(np.int8)


def _real_map(rng: np.random.Generator, maps: list[NDArray[np.int8]], fine: bool) -> NDArray[np.int8] | None:
    whole = maps[rng.integers(len(maps))]
    if min(whole.shape) < SIDE:
        return None
    row, col = rng.integers(whole.shape[0] - SIDE + 1), rng.integers(whole.shape[1] - SIDE + 1)
    part = whole[row : row + SIDE, col : col + SIDE].copy()
    if (part < 0).mean() > 0.2:
        return None
    part[part < 0] = rng.integers(5)
    if fine:
        built = part == _INDEX["built"]
        part[built] = np.where(_noise(rng, 2)[built] > 0, _INDEX["building"], _INDEX["road"])
    return np.rot90(part, int(rng.integers(4))).copy()


def _changed(rng: np.random.Generator, before: NDArray[np.int8], fine: bool) -> NDArray[np.int8]:
    after = before.copy()
    for _ in range(rng.integers(0, 3)):
        blob = _noise(rng, rng.choice((3.0, 6.0))) > rng.uniform(0.3, 2.0)
        target = rng.choice(
            ["water", "water", "bare", "crop", "tree", "grass", "building" if fine else "built", "cloud"]
        )
        after[blob] = _INDEX[target]
    return after


def make_scene(rng: np.random.Generator, maps: list[NDArray[np.int8]], dates: int) -> MadeScene:
    """Return a random scene; probabilities are softened and wrong in patches, as predictions are."""
    gsd = None if rng.random() < 0.06 else float(np.exp(rng.uniform(np.log(0.3), np.log(60))))
    fine = gsd is not None and gsd < 4
    first = _real_map(rng, maps, fine) if maps and rng.random() < 0.6 else None
    states = [first if first is not None else _made_map(rng, fine)]
    while len(states) < dates:
        states.append(_changed(rng, states[-1], fine))
    probabilities = np.stack([_seen(rng, state) for state in states])
    scene = MadeScene(probabilities, gsd, gsd is not None and rng.random() < 0.95, [])
    best = probabilities.argmax(1)
    for date in range(dates):
        part = np.bincount(best[date].ravel(), minlength=len(ATOMS)) / best[date].size
        scene.shares.append({label: float(sum(part[_INDEX[a]] for a in atoms)) for label, atoms in LABELS.items()})
    return scene


def _seen(rng: np.random.Generator, state: NDArray[np.int8]) -> NDArray[np.float32]:
    wrong = state.copy()
    if rng.random() < 0.4:
        blob = _noise(rng, rng.choice((1.0, 3.0))) > rng.uniform(1.2, 2.5)
        wrong[blob] = rng.integers(len(ATOMS))
    sure = np.clip(0.75 + 0.15 * _noise(rng, 3), 0.5, 0.98).astype(np.float32)
    rest = rng.dirichlet(np.full(len(ATOMS), 0.5)).astype(np.float32)
    found = (1 - sure)[None] * rest[:, None, None]
    np.put_along_axis(
        found, wrong[None].astype(np.int64), np.take_along_axis(found, wrong[None].astype(np.int64), 0) + sure, 0
    )
    return found.astype(np.float32)


class QuickMeasurer:
    """Measures masks of a made scene: the same facts as the mask algebra gives, on square pixels."""

    def __init__(self, scene: MadeScene) -> None:
        self._pixel = scene.gsd if scene.has_crs else None

    def sized(self, mask: NDArray[np.bool_], view: int) -> Sized:
        """See `reasoning.evidence.Measurer`."""
        pixels = int(mask.sum())
        area = None if self._pixel is None else pixels * self._pixel**2
        if not pixels:
            return Sized(0.0, area, 0, None, {})
        parts = ndimage.label(mask, np.ones((3, 3)))[1]
        rows, cols = np.nonzero(mask)
        place = _PLACES[int(rows.mean() * 3 / SIDE) * 3 + int(cols.mean() * 3 / SIDE)]
        return Sized(pixels / mask.size, area, parts, place, {})

    def near(self, one: NDArray[np.bool_], two: NDArray[np.bool_]) -> Near:
        """See `reasoning.evidence.Measurer`."""
        away = float(ndimage.distance_transform_edt(~one)[two].min())
        touching = away < 1.5
        pixel = self._pixel
        border = 4.0 * (pixel or 0) if touching and pixel is not None else None
        return Near(touching, border, None if pixel is None else away * pixel, away, {})


def draw_dates(rng: random.Random) -> int:
    """Return a random number of time points: of a longer series, two are looked at."""
    return rng.choice((1, 1, 1, 2, 2))

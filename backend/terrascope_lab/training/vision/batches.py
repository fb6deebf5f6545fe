"""What the optical networks are shown: settings, augmented batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from terrascope_lab.data import places
from terrascope_lab.training.vision import augment, waters
from terrascope_lab.training.vision.aerial_net import AerialNet
from terrascope_lab.training.vision.models import OpticalNet
from terrascope_lab.training.vision.sampling import Crops
from terrascope_lab.training.vision.sar_net import SarNet
from terrascope_lab.training.vision.spectra import SHARE, Spectra

Batch = tuple[tuple[Tensor, ...], Tensor]


@dataclass(frozen=True)
class Settings:
    """What a run was trained with.

    `coarser`: share of crops of fine samples that are shown coarser than `scales`; `shortwave`: share of the samples of
    Europe that get short-wave infrared; `blobs`: share of crops that get pixels of tables; `pictures`:
    share of reflectance that the networks for colours alone are shown as a picture; `second`: how often the sets of the
    second collection are shown, against `shares`.
    """

    expert: str
    size: int
    batch: int
    scales: tuple[float, float]
    shares: dict[str, float]
    rare: float = 0.4
    balance: float = 0.5
    raw_share: float = 0.3
    coarser: float = 0.5
    shortwave: float = 0.0
    blobs: float = SHARE
    pictures: float = 0.4
    second: float = 1.0


_SHARES = {
    "hls": 0.46, "europe": 0.14, "gewata": 0.09, "portovelho": 0.05, "india": 0.05, "amazon": 0.05, "slovenia": 0.04,
    "eolearn": 0.03, "terramesh": 0.04, "para": 0.03, "rivertown": 0.02,
}  # fmt: skip
#: `optical` sees near infrared, mostly with more; `infrared` near infrared and no band beyond it; `colour` is for
#: blue, green and red as reflectance, `picture` for them in a picture, whose stretch is anybody's: black water and dark
#: forest look alike there, so none is painted, but for open
#: seas from edge to edge.
DEFAULTS = {
    "optical": Settings("optical", 96, 12, (0.6, 1.5), _SHARES),
    "infrared": Settings("infrared", 96, 12, (0.6, 1.5), _SHARES, blobs=0.0),
    "colour": Settings("colour", 96, 12, (0.6, 1.5), _SHARES, blobs=0.0, pictures=0.1),
    "picture": Settings("picture", 96, 12, (0.6, 1.5), _SHARES, blobs=0.0, pictures=0.9),
}
_SECOND = frozenset({"gewata", "portovelho", "para", "rivertown"})
NEAR_INFRARED = frozenset({"optical", "infrared"})


def shares_of(settings: Settings) -> dict[str, float]:
    """Return how often each set is shown."""
    return {name: share * (settings.second if name in _SECOND else 1) for name, share in settings.shares.items()}


def build(expert: str) -> nn.Module:
    """Return the untrained network of an expert."""
    return OpticalNet() if expert in DEFAULTS else {"sar": SarNet, "aerial": AerialNet}[expert]()


def optical_batch(
    crops: Crops, settings: Settings, spectra: Spectra | None = None
) -> tuple[Batch, list[int], list[int]]:
    """Crops for an optical network, which sample each was cut from, and the folds that it shows, a bit each."""
    rng = crops.rng
    bands: list[NDArray[np.float32]] = []
    present, context, allowed, cut, folds = [], [], [], [], []
    while len(bands) < settings.batch:
        place, x, y, factor = crops.crop(settings.scales)
        sample = crops.samples[place]
        if settings.expert in NEAR_INFRARED and not sample.present[3]:
            continue
        x = x.astype(np.float32)
        shown = 1 << places.fold_of(sample)
        as_picture = settings.expert not in NEAR_INFRARED and not sample.display and rng.random() < settings.pictures
        if not sample.display:
            if spectra is not None and rng.random() < settings.blobs:
                x, y, more = spectra.paint(x, y, rng)
                shown |= more
            if settings.expert != "picture" or not as_picture:
                x, y = waters.repaint(x, y, rng)
            elif rng.random() < waters.OPEN:
                x, y = waters.open_water(x, y, rng)
            if rng.random() < 0.07:
                x, y = augment.clouds(x, y, rng)
            x = waters.haze(x, rng)
        if settings.expert in NEAR_INFRARED:
            own = sample.present if settings.expert == "optical" else sample.present & augment.TO_NEAR_INFRARED
            x, flags, display = augment.optical(x, own, sample.display, rng, settings.raw_share, is_raw=sample.raw)
        else:
            x, flags, display = augment.colour(x, sample.display, as_picture, rng)
        bands.append(x.astype(np.float32))
        present.append(flags)
        gsd = 0.0 if rng.random() < 0.15 else np.log2(sample.gsd_m * factor / 10) / 3
        context.append((float(display), gsd))
        allowed.append(np.ascontiguousarray(y))
        cut.append(place)
        folds.append(shown)
    tensors = (
        torch.from_numpy(np.stack(bands)),
        torch.from_numpy(np.stack(present).astype(np.float32)),
        torch.tensor(context, dtype=torch.float32),
    )
    return (tensors, torch.from_numpy(np.stack(allowed).astype(np.int32))), cut, folds


def pick(masks: Tensor, points: int) -> Tensor:
    """Flat indices of labelled pixels drawn at random from each crop, [N, points]; labels are int [N, H, W]."""
    chance = (masks.flatten(1) > 0).float() + 1e-6
    return torch.multinomial(chance, points)

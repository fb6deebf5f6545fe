"""Set how sure an optical network is, and how readily it says water, by what its folds had not seen.

    python -m terrascope_lab.training.vision.calibrate colour --data ../shared/data --runs .work/vision/points

Prints, for each form in which the network is shown an image, the temperature that makes the unseen pixels most likely,
and the bias of water with the best IoU of water; both go to `export.py`.
Unseen regions and unseen places of the flood region weigh the same; doubtful labels are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.units import OPTICAL_BANDS, collect, optical_units
from terrascope_lab.data import forms, landsat, places, split
from terrascope_lab.training.vision import metrics
from terrascope_lab.training.vision.batches import DEFAULTS
from terrascope_lab.training.vision.export import load

FLOODED = f"region{split.FLOOD_REGION}"
#: The input forms that each network is given.
FORMS: dict[str, tuple[str, ...]] = {
    "optical": ("six bands", "RGB+NIR", "digital numbers"),
    "infrared": ("RGB+NIR",),
    "colour": ("RGB reflectance",),
    "picture": tuple(forms.PICTURES),
}
TEMPERATURES = np.round(np.arange(0.6, 3.01, 0.05), 2)
BIASES = np.round(np.arange(-0.5, 2.01, 0.1), 1)
PIXELS = 500


def unseen(expert: str, form: str, root: Path, runs: Path) -> tuple[Tensor, Tensor, Tensor]:
    """Logits [n, atoms], class [n] and whether it is of the flood region, of pixels in a form that the folds had not
    seen."""
    data = landsat.without_doubtful(landsat.read_hls(root))
    rng = np.random.default_rng(0)
    logits, classes, flooded = [], [], []
    for fold in range(places.FOLDS):
        model, _ = load(runs / f"{expert}_{fold}.safetensors")
        for plain in (s for s in data if places.fold_of(s) == fold):
            sample = forms.FORMS[form](plain)
            view = forms.view_of(sample)
            stack, present = collect(view, view.valid, OPTICAL_BANDS)
            stack = optical_units(stack, present, view.valid, view.scale)
            context = [[float(sample.display), np.log2(sample.gsd_m / 10) / 3]]
            given = torch.from_numpy(present)[None], torch.tensor(context, dtype=torch.float32)
            with torch.inference_mode():
                found = model(torch.from_numpy(stack)[None], *given)[0].flatten(1).T
            true = metrics.truth(sample.allowed, metrics.EIGHT).ravel()
            here = rng.permutation(np.flatnonzero((true >= 0) & view.valid.ravel()))[:PIXELS]
            logits.append(found[torch.from_numpy(here)])
            classes.append(torch.from_numpy(true[here]))
            flooded.append(torch.full((len(here),), sample.group == FLOODED))
    return torch.cat(logits), torch.cat(classes), torch.cat(flooded)


def likelihood(logits: Tensor, classes: Tensor, flooded: Tensor, temperature: float) -> float:
    """Mean log-likelihood of the classes, the two parts weighing the same."""
    p = (logits / temperature).softmax(1)
    grouped = torch.from_numpy(metrics.grouped(p.T.numpy(), metrics.EIGHT)).T
    own = grouped.gather(1, classes[:, None])[:, 0].clamp(min=1e-6).log()
    return float(own[flooded].mean() + own[~flooded].mean()) / 2


def water_iou(logits: Tensor, classes: Tensor, flooded: Tensor, bias: float) -> tuple[float, float]:
    """IoU of water where it wins, of unseen regions and of unseen places of the flood region."""
    shifted = logits.clone()
    shifted[:, ATOMS.index("water")] += bias
    grouped = metrics.grouped(shifted.softmax(1).T.numpy(), metrics.EIGHT)
    guess, true = torch.from_numpy(grouped.argmax(0) == 0), classes == 0
    parts = (~flooded, flooded)
    one, two = (float((guess & true)[p].sum() / (guess | true)[p].sum().clamp(min=1)) for p in parts)
    return one, two


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expert", choices=tuple(DEFAULTS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--bias", action="append", default=[], metavar="ATOM:VALUE", help="that will be exported")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for form in FORMS[arguments.expert]:
        found = unseen(arguments.expert, form, arguments.data, arguments.runs)
        for atom, _, value in (item.partition(":") for item in arguments.bias):
            found[0][:, ATOMS.index(atom)] += float(value)
        best = max(TEMPERATURES, key=lambda t: likelihood(*found, float(t)))
        bias = max(BIASES, key=lambda b: sum(water_iou(*found, float(b))))
        plain, biased = water_iou(*found, 0.0), water_iou(*found, float(bias))
        sys.stdout.write(
            f"{form}: temperature {best:.2f}; bias of water {bias:+.1f}: IoU {biased[0]:.3f} in regions,"
            f" {biased[1]:.3f} in places ({plain[0]:.3f} and {plain[1]:.3f} without)\n"
        )


if __name__ == "__main__":
    main()

"""Cross-validation of the optical network and of the per-pixel baseline, by whole regions, in PyTorch.

    python -m terrascope.training.vision.cross --data ../shared/data --out .work/vision/tokens --prefix fold_

The tokens of the images are kept under `--out`, because the encoder is frozen.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from terrascope.classes import ATOMS
from terrascope.networks.embedded import context
from terrascope.networks.embedded.stretch import stretch_display
from terrascope.training.vision import folds, metrics, mlp, samples, split
from terrascope.training.vision.evaluate import as_pictures, with_bands
from terrascope.training.vision.token_net import TokenNet
from terrascope.training.vision.token_train import encoder

log = logging.getLogger("terrascope.training.vision")
Predict = Callable[[samples.Sample, int], NDArray[np.float32]]
VARIANTS: dict[str, tuple[int, ...]] = {
    "all bands": (1, 1, 1, 1, 1, 1),
    "blue green red NIR": (1, 1, 1, 1, 0, 0),
    "RGB reflectance": (1, 1, 1, 0, 0, 0),
}


def shown(sample: samples.Sample) -> samples.Sample:
    """Return a picture on the scale that the plugin would bring it to; reflectance as it is."""
    if not sample.display:
        return sample
    here = sample.present
    stack = sample.bands.astype(np.float32)
    colours = [0, 1, 2]
    stack[here] = stretch_display(stack[here], np.ones(stack.shape[1:], bool), colours, per_band=here[3:].sum() > 1)
    return dataclasses.replace(sample, bands=stack.astype(np.float16))


def padded(stack: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mirror the lower and right edge up to multiples of 32."""
    below, right = -stack.shape[1] % 32, -stack.shape[2] % 32
    return np.pad(stack, ((0, 0), (0, below), (0, right)), mode="symmetric")


class Tokens:
    """Tokens of samples, computed once for each name and kept in half precision."""

    def __init__(self, encode: context.Encode, folder: Path, variant: str) -> None:
        self.encode, self.folder = encode, folder / variant.replace(" ", "_")
        self.folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, sample: samples.Sample, stack: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tokens [128, H / s, W / s] of the padded bands of a sample."""
        path = self.folder / f"{sample.source}_{sample.name}.npy"
        if path.exists():
            return np.asarray(np.load(path), np.float32)
        spacing = context.spacing_for(sample.bands.shape[1] * sample.bands.shape[2])
        out = context.tokens(self.encode, stack, sample.present.astype(np.float32), sample.gsd_m, spacing)
        np.save(path, out.astype(np.float16))
        return out


def network(model: TokenNet, tokens: Tokens) -> Callable[[samples.Sample], NDArray[np.float32]]:
    """Return the probabilities of a sample, [atoms, H, W], by a network."""

    def predict(sample: samples.Sample) -> NDArray[np.float32]:
        height, width = sample.allowed.shape
        stack = padded(sample.bands.astype(np.float32))
        given = torch.tensor([[float(sample.display), np.log2(sample.gsd_m / 10) / 3]], dtype=torch.float32)
        with torch.inference_mode():
            logits = model(
                torch.from_numpy(stack)[None], torch.from_numpy(sample.present.astype(np.float32))[None], given,
                torch.from_numpy(tokens(sample, stack))[None],
            )  # fmt: skip
        return np.asarray(logits.softmax(1)[0, :, :height, :width].numpy(), np.float32)

    return predict


def of_run(path: Path) -> TokenNet:
    """Return a trained network."""
    model = TokenNet()
    model.load_state_dict(load_file(path))
    return model.eval()


def figures(data: list[samples.Sample], predict: Callable[[samples.Sample], NDArray[np.float32]]) -> dict[str, Any]:
    """Eight-class figures; `matrix` is the confusion matrix, rows true."""
    matrix, reliability = np.zeros((8, 8), np.int64), metrics.Reliability()
    for sample in data:
        classes = metrics.grouped(predict(sample), metrics.EIGHT)
        true = metrics.truth(sample.allowed, metrics.EIGHT)
        best, known = classes.argmax(0), true >= 0
        reliability.add(classes.max(0)[known], (best == true)[known])
        matrix += metrics.confusion(best, true, 8)
    return {**named(matrix), "ece": reliability.error, "matrix": matrix.tolist()}


def named(matrix: NDArray[np.int64]) -> dict[str, Any]:
    """Figures of a confusion matrix."""
    iou, mean, accuracy = metrics.scores(matrix)
    each = {name: float(v) for name, v in zip(metrics.EIGHT, iou, strict=True) if np.isfinite(v)}
    return {"miou": mean, "accuracy": accuracy, **each}


def floods(pairs: list[dict[str, Any]], water: dict[str, NDArray[np.bool_]], data: dict[str, samples.Sample]) -> Any:
    """Gain and loss IoU, pooled over the pairs with at least 2 % change whose dates are both in `water`."""
    sums, used = np.zeros((2, 2)), 0
    for pair in pairs:
        a, b = str(pair["a"]), str(pair["b"])
        if a not in water or b not in water or pair["changed"] < 0.02:
            continue
        used += 1
        true_a, true_b = data[a].allowed == 1, data[b].allowed == 1
        known = (data[a].allowed > 0) & (data[b].allowed > 0)
        sums[0] += metrics.binary_iou(water[b] & ~water[a] & known, true_b & ~true_a & known)
        sums[1] += metrics.binary_iou(water[a] & ~water[b] & known, true_a & ~true_b & known)
    return {"pairs": used, "gain": sums[0, 0] / max(sums[0, 1], 1), "loss": sums[1, 0] / max(sums[1, 1], 1)}


def baselines(
    data: list[samples.Sample], fold: list[int], wanted: list[int], out: Path, rgb: bool
) -> dict[str, NDArray[np.int8]]:
    """Predictions of the per-pixel perceptron for the HLS patches of the wanted folds, each by the network that did
    not see its fold; kept in one file for each fold."""
    here = with_bands(data, (1, 1, 1, 0, 0, 0)) if rgb else data
    guesses: dict[str, NDArray[np.int8]] = {}
    for k in wanted:
        path = out / f"mlp{'_rgb' if rgb else ''}_{k}.npz"
        if path.exists():
            with np.load(path) as stored:
                guesses |= {name: stored[name] for name in stored.files}
            continue
        for sample, own in zip(here, fold, strict=True):
            sample.part = "held_out" if own == k else "train"
        model = mlp.fit(here)
        own_guesses = {s.name: mlp.predict(model, s).astype(np.int8) for s in here if s.part == "held_out"}
        log.info("baseline, fold %d", k)
        np.savez_compressed(path, allow_pickle=False, **own_guesses)
        guesses |= own_guesses
    return guesses


def one_hot(guess: NDArray[np.int8]) -> NDArray[np.float32]:
    """Class indices as atom probabilities."""
    out = np.zeros((len(ATOMS), *guess.shape), np.float32)
    for i, name in enumerate(metrics.EIGHT):
        out[ATOMS.index(name)] = guess == i
    return out


def main() -> None:
    """Command line: prints figures by fold and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prefix", default="fold_", help="runs are PREFIX0 to PREFIX3")
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(split.FOLDS)))
    parser.add_argument("--variants", nargs="*", default=["all bands", "RGB reflectance", "RGB picture"])
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("--baseline-rgb", action="store_true", help="with --baseline: the one without infrared too")
    parser.add_argument("--other", action="store_true", help="the 10 m sets too")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    weights = arguments.data / "weights" / "galileo_nano" / "encoder.safetensors"
    encode = encoder(weights)
    everything = folds.read(arguments.data)
    fold_of = folds.folds_of(arguments.data, everything)
    hls = [s for s in everything if s.source == "hls"]
    hls_folds = [f for s, f in zip(everything, fold_of, strict=True) if s.source == "hls"]
    with np.load(arguments.data / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        region = stored["region"]
    pairs = json.loads((arguments.data / "hls_worldcover" / "same_location_pairs.json").read_text())
    by_name = {s.name: s for s in hls}
    results: dict[str, Any] = {}

    def measure(title: str, data: list[samples.Sample], predict: Predict) -> None:
        water: dict[str, NDArray[np.bool_]] = {}
        kept: dict[str, NDArray[np.float32]] = {}

        def remembered(sample: samples.Sample, k: int) -> NDArray[np.float32]:
            if sample.name not in kept:
                kept[sample.name] = predict(sample, k)
                water[sample.name] = kept[sample.name][0] > 0.5
            return kept[sample.name]

        for part, inside in (("regions", False), ("places", True)):
            rows = {}
            for k in arguments.folds:
                chosen = [
                    s for s, f in zip(data, hls_folds, strict=True)
                    if f == k and (region[int(s.name)] == split.FLOOD_REGION) == inside
                ]  # fmt: skip
                rows[f"fold {k}"] = figures(chosen, lambda s, k=k: remembered(s, k))  # type: ignore[misc]
            show(f"{title}, {part}", rows, results)
        results[f"{title}, floods"] = floods(pairs, water, by_name)
        sys.stdout.write(f"{title}, floods {results[f'{title}, floods']}\n")

    if arguments.baseline:
        for rgb in (False, True) if arguments.baseline_rgb else (False,):
            guesses = baselines(hls, hls_folds, arguments.folds, arguments.out, rgb)
            measure("MLP, RGB" if rgb else "MLP, all bands", hls, lambda s, k, g=guesses: one_hot(g[s.name]))  # type: ignore[misc]
    if arguments.prefix:
        models = {k: of_run(arguments.out / f"{arguments.prefix}{k}.safetensors") for k in arguments.folds}
        for variant in arguments.variants:
            tokens = Tokens(encode, arguments.out / "seen", variant)
            data = (
                [shown(s) for s in as_pictures(hls)] if variant == "RGB picture" else with_bands(hls, VARIANTS[variant])
            )
            predictors = {k: network(model, tokens) for k, model in models.items()}
            measure(variant, data, lambda s, k, p=predictors: p[k](s))  # type: ignore[misc]
        if arguments.other:
            other(everything, fold_of, models, encode, arguments.out, results)
    if arguments.json:
        earlier = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
        arguments.json.write_text(json.dumps({**earlier, **results}, indent=1))


def other(
    data: list[samples.Sample],
    fold_of: list[int],
    models: dict[int, TokenNet],
    encode: context.Encode,
    out: Path,
    results: dict[str, Any],
) -> None:
    """The sets at 10 m, each by the fold that did not see the image."""
    for source in ("europe", "slovenia", "india", "amazon"):
        tokens = Tokens(encode, out / "seen", source)
        rows = {}
        for k, model in models.items():
            chosen = [shown(s) for s, f in zip(data, fold_of, strict=True) if s.source == source and f == k]
            predict = network(model, tokens)
            if source in ("india", "amazon"):
                rows[f"fold {k}"] = single(chosen, predict, *(("water", 1) if source == "india" else ("tree", 2)))
            else:
                rows[f"fold {k}"] = figures(chosen, predict)
        show(source, rows, results)


def single(
    data: list[samples.Sample], predict: Callable[[samples.Sample], NDArray[np.float32]], atom: str, bit: int
) -> dict[str, Any]:
    """IoU of one atom where the labels know it."""
    sums = np.zeros(2)
    for sample in data:
        known = sample.allowed > 0
        guess = predict(sample).argmax(0) == ATOMS.index(atom)
        sums += metrics.binary_iou(guess[known], (sample.allowed == bit)[known])
    return {atom: float(sums[0] / max(sums[1], 1))}


def show(title: str, rows: dict[str, dict[str, Any]], results: dict[str, Any]) -> None:
    """Print figures by fold, their mean and spread, and those of all folds' pixels together; keep them."""
    columns = [c for c in dict.fromkeys(c for row in rows.values() for c in row) if c != "matrix"]
    summary: dict[str, dict[str, float]] = {"mean": {}, "spread": {}}
    for column in columns:
        values = [row[column] for row in rows.values() if column in row]
        summary["mean"][column], summary["spread"][column] = float(np.mean(values)), float(np.std(values))
    if all("matrix" in row for row in rows.values()):
        summary["pooled"] = named(np.sum([row["matrix"] for row in rows.values()], axis=0))
    results[title] = {**rows, **summary}
    sys.stdout.write(f"{title}\n" + "".join(f"{c[:9]:>10}" for c in ["", *columns]) + "\n")
    for name, row in results[title].items():
        sys.stdout.write(f"{name:>10}" + "".join(f"{row[c]:10.3f}" if c in row else " " * 10 for c in columns) + "\n")


if __name__ == "__main__":
    main()

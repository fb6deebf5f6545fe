"""Measure the embedded model on held-out regions, for docs/results.md.

    python scripts/bench_results.py sets     --data DATA --out OUT [--optical FOLDER ...] [--aerial ...] [--sar ...]
    python scripts/bench_results.py run      --data DATA --out OUT [the same] [--mlp mlp.npz]
    python scripts/bench_results.py ablation --data DATA --out OUT [the same]
    python scripts/bench_results.py tables   --out OUT

A FOLDER holds `vision.json` with the networks of a fold; what each has never seen stands there, and only that is asked
about. Without folders the shipped networks are measured on their own held-out images. Builder seeds are 0, 1 and 2.
Every step goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import bench_sets
import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.session import EmbeddedNetwork
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope.resources import resource
from terrascope.scene.types import View
from terrascope_lab.bench.ablation import (
    BLANK,
    EVIDENCE,
    INPUTS,
    ORACLE,
    TOKENS,
    AblationRow,
    ablate,
    ablation_table,
    slug,
)
from terrascope_lab.bench.blind import blind_baselines
from terrascope_lab.bench.pictures import SceneShelf
from terrascope_lab.bench.readers import read_terrascope_bench
from terrascope_lab.bench.results import SampleResult, iterate_results
from terrascope_lab.bench.run import iterate_limited, run_side_by_side
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.scoring import Scores, score
from terrascope_lab.bench.selective import certainty
from terrascope_lab.bench.tables import certainty_line, decimal, ordered, percent, table
from terrascope_lab.bench.variants import AS_TRAINED, make_asker
from terrascope_lab.data import landsat
from terrascope_lab.data.sample import BANDS
from terrascope_lab.training.vision import metrics

SEEDS = (0, 1, 2)
SOURCES = {"embedded": "embedded model", "mlp": "masks of the MLP", "oracle": "oracle masks"}


class MlpVision:
    """Classes that the per-pixel baseline (`training/vision/mlp.py`) gave to held-out HLS patches."""

    def __init__(self, predictions: Path, root: Path) -> None:
        with np.load(predictions) as found:
            self.known = [
                (bench_sets.digital(sample), found[f"hls/{sample.name}"])
                for sample in landsat.read_hls(root)
                if f"hls/{sample.name}" in found
            ]

    def probabilities(self, view: View, gsd_m: float | None) -> NDArray[np.float32]:
        """See `session.Vision`: 0.9 for the class of the baseline. The patch is known by its pixels."""
        seen = np.rint(np.stack([view.band(name) for name in BANDS])[:, view.valid] * 10_000)
        classes = next(found for digital, found in self.known if np.array_equal(digital[:, view.valid], seen))
        result = np.full((len(ATOMS), *classes.shape), 0.1 / (len(ATOMS) - 1), np.float32)
        for value, atom in enumerate(metrics.EIGHT):
            result[ATOMS.index(atom)][classes == value] = 0.9
        return result * view.valid


def plans(arguments: argparse.Namespace) -> dict[str, bench_sets.SetPlan]:
    """All sets, or the one that is named."""
    return {name: plan for name, plan in bench_sets.PLANS.items() if arguments.only in (None, name)}


def folders_of(arguments: argparse.Namespace, expert: str) -> list[Path]:
    """Folders of the networks of an expert."""
    return list(getattr(arguments, expert) or [resource("models")])


def embedded(models: Path) -> EmbeddedNetwork:
    """The embedded model with the vision networks of a folder, and its language side if it has one there."""
    folder = models if (models / "language.json").exists() else None
    return EmbeddedNetwork(folder, threads=1, vision=VisionNetworks(models, 1))


def make_sets(arguments: argparse.Namespace) -> None:
    """Write the sets: one file a set, fold and seed."""
    folder = arguments.out / "sets"
    folder.mkdir(parents=True, exist_ok=True)
    for name, plan in plans(arguments).items():
        for fold, models in enumerate(folders_of(arguments, plan.expert)):
            unseen = bench_sets.held_out(models, plan.expert)
            files = {seed: folder / f"{name}_{fold}_{seed}.parquet" for seed in SEEDS}
            if not all(path.exists() for path in files.values()):
                print(name, fold, bench_sets.build(name, arguments.data, unseen, files), flush=True)
    for name, clouded in (("inputs", False), ("inputs_clouded", True)):
        path = folder / f"{name}.parquet"
        if not path.exists() and arguments.only in (None, name):
            print(path.name, bench_sets.inputs(arguments.data, path, 0, clouded), flush=True)


def questions(out: Path, name: str, fold: int, per_task: int | None = None) -> Iterator[BenchSample]:
    """The questions of all seeds, those about one image together."""
    found = []
    for seed in SEEDS:
        read = read_terrascope_bench(out / "sets" / f"{name}_{fold}_{seed}.parquet")
        found += [replace(s, sample_id=f"{s.sample_id}/seed{seed}") for s in iterate_limited(read, per_task)]
    return iter(sorted(found, key=lambda sample: sample.sample_id))


def run_all(arguments: argparse.Namespace) -> None:
    """Ask everything: the model as it ships, with the masks of the baseline, with oracle masks."""
    for name, plan in plans(arguments).items():
        for fold, models in enumerate(folders_of(arguments, plan.expert)):
            shelf = SceneShelf()
            network = embedded(models)
            folder = arguments.out / name
            folder.mkdir(parents=True, exist_ok=True)
            askers = {
                folder / f"embedded_{fold}.jsonl": replace(make_asker(lambda n=network: n), shelf=shelf),
                folder / f"oracle_{fold}.jsonl": replace(make_asker(lambda n=network: n, ORACLE), shelf=shelf),
            }
            if arguments.mlp and name in ("landcover30", "flood30"):
                baseline = EmbeddedNetwork(threads=1, vision=MlpVision(arguments.mlp, arguments.data))
                askers[folder / f"mlp_{fold}.jsonl"] = replace(make_asker(lambda n=baseline: n), shelf=shelf)
            print(name, fold, run_side_by_side(questions(arguments.out, name, fold), askers), "asked", flush=True)


def ablations(arguments: argparse.Namespace) -> None:
    """The ablation tables: reasoning on land cover at 30 m, inputs on optical and radar."""
    models = folders_of(arguments, "optical")[0]

    def load() -> EmbeddedNetwork:
        return embedded(models)

    def cover() -> Iterator[BenchSample]:
        return iterate_limited(read_terrascope_bench(arguments.out / "sets/landcover30_0_0.parquet"), 6)

    for name, read, variants in (
        ("landcover30", cover, (AS_TRAINED, *TOKENS, *EVIDENCE, ORACLE, BLANK)),
        ("inputs", lambda: read_terrascope_bench(arguments.out / "sets/inputs.parquet"), (*INPUTS, ORACLE)),
        ("inputs_clouded", lambda: read_terrascope_bench(arguments.out / "sets/inputs_clouded.parquet"), INPUTS),
    ):
        if arguments.only not in (None, name):
            continue
        folder = arguments.out / "ablation" / name
        folder.mkdir(parents=True, exist_ok=True)
        text = ablation_table(ablate(read, load, folder, variants))
        (folder / "ablation.md").write_text(text, encoding="utf-8")
        print(f"\n{name}\n\n{text}", flush=True)


def ablation_of(folder: Path) -> str:
    """The table of what has been asked so far in every variant."""
    everything = (AS_TRAINED, *TOKENS, *EVIDENCE, *INPUTS, ORACLE, BLANK)
    found = {v: list(iterate_results(folder / f"{slug(v.name)}.jsonl")) for v in everything}
    found = {v: results for v, results in found.items() if results}
    common = set.intersection(*({r.sample_id for r in results} for results in found.values()))
    rows = [AblationRow(v, score(r for r in results if r.sample_id in common)) for v, results in found.items()]
    return f"{len(common)} questions.\n\n{ablation_table(rows)}"


def results_of(folder: Path, source: str, seed: int | None = None) -> list[SampleResult]:
    """Results of all folds, of one seed or of all."""
    found = [result for path in sorted(folder.glob(f"{source}_*.jsonl")) for result in iterate_results(path)]
    return [r for r in found if seed is None or r.sample_id.endswith(f"/seed{seed}")]


def tables(out: Path) -> None:
    """Print the tables of docs/results.md."""
    for name, plan in bench_sets.PLANS.items():
        folder = out / name
        by_source = {
            source: [score(results_of(folder, source, seed)) for seed in SEEDS]
            for source in SOURCES if results_of(folder, source)
        }  # fmt: skip
        if not by_source:
            continue
        tasks = ordered(sorted({task for runs in by_source.values() for scores in runs for task in scores.tasks}))
        header = ["masks", "questions", "macro", "spread over seeds", *tasks, "mask IoU", "IoU right", "IoU wrong", "r"]
        rows = [[SOURCES[source], *_cells(runs, tasks)] for source, runs in by_source.items()]
        blind = [_blind(out, name, seed) for seed in SEEDS]
        for kind, title in (("letter", "constant letter"), ("text", "constant text"), ("question", "question only")):
            values = [{task: one[task][kind] for task in one} for one in blind]
            means = {task: statistics.fmean(v[task] for v in values if task in v) for task in tasks}
            macro = [statistics.fmean(v.values()) for v in values]
            rows.append(
                [f"blind: {title}", rows[0][1], percent(statistics.fmean(macro)), percent(statistics.pstdev(macro)),
                 *(percent(means[task]) for task in tasks), "-", "-", "-", "-"]
            )  # fmt: skip
        print(f"### {plan.title}\n\n{table(header, rows)}")
        sure = certainty(iter(results_of(folder, "embedded")))
        if sure is not None:
            plain = score(results_of(folder, "embedded")).micro.value
            print(f"{certainty_line(sure)}; all questions {percent(plain)}.\n")
    for folder in sorted((out / "ablation").glob("*")):
        print(f"### Ablation, {folder.name}\n\n{ablation_of(folder)}")
    everything = [r for name in bench_sets.PLANS for r in results_of(out / name, "embedded")]
    sure = certainty(iter(everything))
    if sure is not None:
        rows = [[f"{b.certainty:.2f}", f"{b.accuracy:.2f}", str(b.answers)] for b in sure.bins]
        print(f"### Calibration, all sets\n\n{table(['certainty', 'accuracy', 'answers'], rows)}")
        picked = [p for p in sure.curve if any(abs(p.coverage - c) < 0.011 for c in (0.2, 0.4, 0.6, 0.8, 1.0))]
        rows = [[percent(p.coverage), percent(p.accuracy)] for p in picked]
        print(f"{table(['share answered, most certain first', 'accuracy'], rows)}\n{certainty_line(sure)}.\n")


def _cells(runs: list[Scores], tasks: list[str]) -> list[str]:
    macro = [scores.macro for scores in runs]
    every = {task: [s.tasks[task].value for s in runs if task in s.tasks] for task in tasks}
    ious = [s.mask_iou for s in runs if s.mask_iou is not None]

    def mean(values: list[float | None]) -> float | None:
        known = [v for v in values if v is not None]
        return statistics.fmean(known) if known else None

    return [
        "+".join(str(s.micro.count) for s in runs), f"**{percent(statistics.fmean(macro))}**",
        percent(statistics.pstdev(macro)), *(percent(mean(list(every[task]))) for task in tasks),
        decimal(mean(list(ious))), decimal(mean([s.iou_right for s in runs])),
        decimal(mean([s.iou_wrong for s in runs])), decimal(mean([s.iou_r for s in runs])),
    ]  # fmt: skip


def _blind(out: Path, name: str, seed: int) -> Mapping[str, Mapping[str, float]]:
    paths = sorted((out / "sets").glob(f"{name}_*_{seed}.parquet"))
    found = blind_baselines(sample for path in paths for sample in read_terrascope_bench(path))
    return {
        task: {
            "letter": b.constant_letter.value, "text": b.constant_text.value,
            "question": b.question_only.value if b.question_only else 0.0,
        }
        for task, b in found.items()
    }  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("sets", "run", "ablation", "tables"))
    parser.add_argument("--data", type=Path, help="folder of the labelled images")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mlp", type=Path, help="predictions of the per-pixel baseline")
    parser.add_argument("--only", help="one set, so that several can run at a time")
    for expert in ("optical", "aerial", "sar"):
        parser.add_argument(f"--{expert}", type=Path, nargs="+", help=f"folders of {expert} networks, one a fold")
    arguments = parser.parse_args()
    if arguments.step == "tables":
        tables(arguments.out)
    else:
        {"sets": make_sets, "run": run_all, "ablation": ablations}[arguments.step](arguments)


if __name__ == "__main__":
    main()

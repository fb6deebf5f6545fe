"""Make the benchmark that ships, and its reference values: `python scripts/bench_small.py [--reference]`.

The landscapes are made (`terrascope_lab.bench.made`), so the file may go anywhere. `--reference` asks the embedded
model and writes what it scores beside the file; do that whenever its weights change.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from functools import partial
from pathlib import Path

from terrascope_lab.bench.build import write
from terrascope_lab.bench.check import check
from terrascope_lab.bench.made import landscapes
from terrascope_lab.bench.readers import read_terrascope_bench
from terrascope_lab.bench.results import iterate_results
from terrascope_lab.bench.run import run
from terrascope_lab.bench.runner import load, weights_of
from terrascope_lab.bench.scoring import score
from terrascope_lab.bench.variants import make_asker

FOLDER = Path(__file__).resolve().parents[1] / "backend" / "terrascope_lab" / "bench" / "small"
SEED = 0


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", action="store_true", help="measure the embedded model on the file that is there")
    path = FOLDER / "small.parquet"
    if parser.parse_args().reference:
        reference(path)
        return
    FOLDER.mkdir(exist_ok=True)
    count = write(landscapes(), path, seed=SEED, per_task=1)
    wrong = [problem for _, problem in check(path) if problem]
    print(f"{count} questions, {path.stat().st_size / 1e6:.2f} MB, {len(wrong)} wrong by an independent check")


def reference(path: Path) -> None:
    """Write `small.json`."""
    make = partial(load, "embedded")
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.jsonl"
        run(read_terrascope_bench(path), partial(make_asker, make), results)
        scores = score(iterate_results(results))
    network = make()
    found = {
        "network": network.info.name,
        "weights_sha256": weights_of(network),
        "questions": scores.micro.count,
        "macro": round(100 * scores.macro, 1),
        "tasks": {task: round(100 * interval.value, 1) for task, interval in sorted(scores.tasks.items())},
        "mask_iou": None if scores.mask_iou is None else round(scores.mask_iou, 3),
    }
    path.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()

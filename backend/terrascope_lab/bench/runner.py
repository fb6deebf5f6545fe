"""A whole benchmark run: results, table and page in one folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from terrascope.networks.interface import Network
from terrascope.networks.registry import EMBEDDED, load_network, resolve
from terrascope_lab.bench.blind import Baseline, blind_baselines
from terrascope_lab.bench.page.write import PageInput, write_page
from terrascope_lab.bench.results import SampleResult, hold_to, iterate_results
from terrascope_lab.bench.run import run
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.scoring import Scores, score
from terrascope_lab.bench.selective import certainty
from terrascope_lab.bench.tables import markdown, ordered, percent, table
from terrascope_lab.bench.variants import AS_TRAINED, Load, Variant, make_asker

Read = Callable[[], Iterator[BenchSample]]
#: The benchmark that ships with the laboratory; what its reference weights score stands beside it.
SMALL = Path(__file__).parent / "small" / "small.parquet"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark's name, where its file is, and how it is read."""

    name: str
    data: str
    read: Read
    per_task: int | None = None


@dataclass(frozen=True)
class Outcome:
    """Scores of a run and its table in Markdown; `verdict` compares with reference values where there are any."""

    scores: Scores
    table: str
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    verdict: str = ""


def load(name: str | None, device: str | None = None, precision: str | None = None, workers: int = 1) -> Network:
    """Load a network by name; several workers share the processor's cores."""
    if resolve(name) == EMBEDDED and workers > 1 and device in (None, "", "auto", "cpu"):
        from terrascope.networks.embedded.session import EmbeddedNetwork

        return EmbeddedNetwork(threads=max(1, (os.cpu_count() or 1) // workers))
    return load_network(name, device, precision)


def weights_of(network: Network) -> str:
    """Hash of a network's weights; where it has vision networks of its own, theirs behind a dash."""
    vision = getattr(getattr(network, "vision", None), "sha256", "")
    own = network.info.weights_sha256
    return own if not vision or vision in own else f"{own}-{vision}"


def describe(make: Load, data: str, per_task: int | None, variant: Variant | None = None) -> dict[str, object]:
    """Return what makes two runs the same: network, weights, file and settings."""
    network = make()
    info = network.info
    found: dict[str, object] = {
        "network": info.name, "version": info.version, "weights_sha256": weights_of(network), "dtype": info.dtype,
        "data": data, "per_task": per_task,
    }  # fmt: skip
    if variant is not None:
        found.update(
            settings=variant.settings.resolved(info.defaults).to_dict(), oracle_masks=variant.oracle_masks,
            blank=variant.blank, measured=info.measured_evidence if variant.measured is None else variant.measured,
        )  # fmt: skip
    return found


def run_benchmark(
    benchmark: Benchmark,
    make: Load,
    variant: Variant,
    out: Path,
    workers: int = 1,
    tell: Callable[[int, SampleResult], None] | None = None,
) -> Outcome:
    """Run a benchmark, or go on with it, and write `results.jsonl`, `run.json`, `table.md` and `page.html` to `out`.

    Raises
    ------
    TerraScopeError
        If the file or the network cannot be used, or the folder holds results of another run.
    """
    out.mkdir(parents=True, exist_ok=True)
    about = describe(make, benchmark.data, benchmark.per_task, variant)
    hold_to(out, about)
    results = out / "results.jsonl"
    run(benchmark.read(), partial(make_asker, make, variant), results, workers=workers, progress=tell)
    scores, baselines = score(iterate_results(results)), blind_baselines(benchmark.read())
    sure = certainty(iterate_results(results))
    text = markdown(scores, baselines, sure)
    (out / "table.md").write_text(text, encoding="utf-8")
    title = f"{benchmark.name}: {about['network']}"
    write_page(PageInput(title, about, scores, baselines, sure, results, benchmark.read), out / "page.html")
    return Outcome(scores, text, baselines)


def run_small(make: Load, out: Path, workers: int = 1) -> Outcome:
    """Run the benchmark that ships, and say how the figures stand to the reference values of the shipped weights."""
    from terrascope_lab.bench.readers import read_terrascope_bench

    reference: dict[str, Any] = json.loads(SMALL.with_suffix(".json").read_text(encoding="utf-8"))
    benchmark = Benchmark("small", SMALL.name, partial(read_terrascope_bench, SMALL))
    outcome = run_benchmark(benchmark, make, AS_TRAINED, out, workers)
    scores = outcome.scores
    rows = [
        [task, percent(scores.tasks[task].value), f"{reference['tasks'].get(task, float('nan')):.1f}"]
        for task in ordered(list(scores.tasks))
    ]
    rows.append(["macro", percent(scores.macro), f"{reference['macro']:.1f}"])
    compared = table(["task", "here", "reference"], rows)
    same = weights_of(make()) == reference["weights_sha256"]
    away = abs(100 * scores.macro - reference["macro"])
    about = "the weights of the reference" if same else "other weights than those of the reference"
    verdict = f"Macro average {100 * scores.macro:.1f}, reference {reference['macro']:.1f} ({about}; {away:.1f} apart)."
    return Outcome(scores, outcome.table + "\n" + compared, outcome.baselines, verdict)

"""`terrascope bench terrascope-bench | landsat30-au | disasterm3 | rsvqa-lr | build`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from terrascope.errors import TerraScopeError

if TYPE_CHECKING:
    from terrascope.bench.samples import BenchSample


def add_bench_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add one command a benchmark, and the builder."""
    for name, title in (
        ("terrascope-bench", "TerraScope-Bench parquet (also files made by `build`)"),
        ("landsat30-au", "LandSat30-AU VQA CSV"),
        ("disasterm3", "DisasterM3 benchmark_release.json"),
        ("rsvqa-lr", "RSVQA question file"),
    ):
        parser = subparsers.add_parser(name, help=title)
        parser.add_argument("--data", type=Path, required=True, help="the benchmark's file")
        parser.add_argument("--images", type=Path, help="folder of the pictures")
        parser.add_argument("--network", help="embedded, or the folder of an imported model")
        parser.add_argument("--out", type=Path, default=Path("out/bench") / name, help="folder for results and table")
        parser.add_argument("--per-task", type=int, help="at most so many samples of each task")
        parser.add_argument("--selection", help="which tokens a mask brings back: released, paper, boxes, random, none")
        parser.add_argument("--modality", help="optical + SAR: text_guided, concatenated, optical, sar, quality")
        parser.add_argument("--oracle-masks", action="store_true", help="use the truth masks in place of the network's")
        parser.add_argument("--baselines-only", action="store_true", help="print the blind baselines, ask no network")
        parser.set_defaults(run=partial(_run, name))
    build = subparsers.add_parser("build", help="make a TerraScope-Bench file from any segmentation data")
    build.add_argument("--images", type=Path, required=True, help="folder of pictures")
    build.add_argument("--masks", type=Path, required=True, help="folder of label rasters with the same stems")
    build.add_argument("--classes", required=True, help='class values, e.g. "1=water,2=tree"')
    build.add_argument("--ignore", default="0", help="label values that are no label, e.g. 0,255")
    build.add_argument("--gsd", type=float, help="ground sample distance in metres")
    build.add_argument("--seed", type=int, default=0)
    build.add_argument("--per-task", type=int, default=2, help="at most so many questions of a task an image")
    build.add_argument("--out", type=Path, required=True, help="parquet file to write")
    build.set_defaults(run=_build)


def _reader(name: str, arguments: argparse.Namespace) -> Callable[[], Iterator[BenchSample]]:
    from terrascope.bench import readers

    if name == "terrascope-bench":
        return lambda: readers.read_terrascope_bench(arguments.data)
    read = {
        "landsat30-au": readers.read_landsat30_au,
        "disasterm3": readers.read_disasterm3,
        "rsvqa-lr": readers.read_rsvqa,
    }[name]
    return lambda: read(arguments.data, arguments.images)


def _run(name: str, arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope.bench.run import iterate_limited, run
    from terrascope.bench.scoring import blind_baselines, score
    from terrascope.bench.tables import markdown
    from terrascope.networks.registry import load_network
    from terrascope.reasoning.settings import ReasoningSettings
    from terrascope.service.run import evidence_for

    console = Console()
    if not arguments.data.exists():
        raise TerraScopeError(f"{arguments.data} does not exist.", "Give the benchmark's file with --data.")
    read = _reader(name, arguments)
    baselines = blind_baselines(iterate_limited(read(), arguments.per_task))
    if arguments.baselines_only:
        for task, blind in sorted(baselines.items()):
            console.print(
                f"{task}: constant letter {blind.letter} {100 * blind.constant_letter.value:.1f}, constant text "
                f"{100 * blind.constant_text.value:.1f}, random {100 * blind.random:.1f} "
                f"(n = {blind.constant_letter.count})"
            )
        return 0
    network = load_network(arguments.network)
    arguments.out.mkdir(parents=True, exist_ok=True)
    settings = ReasoningSettings(selection=arguments.selection, modality=arguments.modality)
    results = run(
        iterate_limited(read(), arguments.per_task),
        network,
        arguments.out / "results.jsonl",
        evidence_for=lambda scene: evidence_for(network, scene),
        settings=settings,
        oracle_masks=arguments.oracle_masks,
        progress=lambda number, result: console.print(
            f"{number + 1} {result.sample_id} {'right' if result.right else 'wrong'} {result.error}", highlight=False
        ),
    )
    table = markdown(score(results), baselines)
    (arguments.out / "table.md").write_text(table, encoding="utf-8")
    console.print(table, markup=False, highlight=False)
    return 0


def _build(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope.bench.build import write
    from terrascope.bench.folders import labelled_images, parse_classes

    ignore = {int(value) for value in arguments.ignore.split(",") if value.strip()}
    images = labelled_images(
        arguments.images, arguments.masks, parse_classes(arguments.classes), gsd_m=arguments.gsd, ignore=ignore
    )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    count = write(images, arguments.out, seed=arguments.seed, per_task=arguments.per_task)
    Console().print(f"{count} samples in {arguments.out}")
    return 0

"""`terrascope bench`: the benchmarks, the builder and its check, the ablation table, the benchmark that ships."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from terrascope.errors import TerraScopeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from terrascope.reasoning.settings import ReasoningSettings
    from terrascope_lab.bench.blind import Baseline
    from terrascope_lab.bench.results import SampleResult
    from terrascope_lab.bench.samples import BenchSample
    from terrascope_lab.bench.variants import Load

#: Benchmarks by command name, with what their file is.
BENCHMARKS = {
    "terrascope-bench": "TerraScope-Bench parquet (also files made by `build`)",
    "landsat30-au": "LandSat30-AU VQA CSV",
    "disasterm3": "DisasterM3 benchmark_release.json",
    "rsvqa-lr": "RSVQA question file (low resolution: *_questions.json beside *_answers.json)",
    "earthmind-bench": "EarthMind-Bench multiple-choice JSON",
}


def add_bench_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add one command a benchmark, `ablation`, `small`, `build` and `check`."""
    for name, title in BENCHMARKS.items():
        parser = subparsers.add_parser(name, help=title)
        _data_options(parser)
        _run_options(parser, Path("out/bench") / name)
        _loop_options(parser)
        parser.add_argument("--baselines-only", action="store_true", help="print the blind baselines, ask no network")
        parser.set_defaults(run=partial(_run, name))
    ablation = subparsers.add_parser("ablation", help="one table of what each part of the reasoning is worth")
    _data_options(ablation)
    _run_options(ablation, Path("out/bench/ablation"))
    ablation.add_argument(
        "--benchmark", choices=list(BENCHMARKS), default="terrascope-bench", help="layout of the file"
    )
    ablation.set_defaults(run=_ablation)
    small = subparsers.add_parser(
        "small", help="the benchmark that ships with the project, beside its reference values"
    )
    _run_options(small, Path("out/bench/small"))
    small.set_defaults(run=_small)
    _add_builder(subparsers)


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="the benchmark's file, or ORGANISATION/NAME@COMMIT:FILE")
    parser.add_argument("--images", type=Path, help="folder of the pictures")
    parser.add_argument("--per-task", type=int, help="at most so many samples of each task")
    parser.add_argument("--paper-only", action="store_true", help="DisasterM3: the optical pairs that the paper counts")


def _run_options(parser: argparse.ArgumentParser, out: Path) -> None:
    parser.add_argument("--network", help="embedded, or the folder of an imported model")
    parser.add_argument("--device", help="auto, cpu, cuda, mps")
    parser.add_argument("--precision", help="of a full model, e.g. bf16")
    parser.add_argument("--workers", type=int, default=1, help="processes, each with its own copy of the network")
    parser.add_argument("--out", type=Path, default=out, help=f"folder for results, table and page (default {out})")


def _loop_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--selection", help="which tokens a mask brings back: released, paper, boxes, random, none")
    parser.add_argument("--modality", help="optical + SAR: text_guided, concatenated, optical, sar, quality")
    parser.add_argument("--evidence", choices=("measured", "none"), help="feed measurements, or none, against training")
    parser.add_argument("--oracle-masks", action="store_true", help="use the truth masks in place of the network's")
    parser.add_argument("--blank", action="store_true", help="show the mean colour in place of each picture")


def _add_builder(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    build = subparsers.add_parser("build", help="make a TerraScope-Bench file from any segmentation data")
    build.add_argument("--images", type=Path, help="folder of pictures")
    build.add_argument("--masks", type=Path, help="folder of label rasters with the same stems")
    build.add_argument("--sar", type=Path, help="folder of radar pictures of the same date")
    build.add_argument("--images-after", type=Path, help="folder of pictures of a second date")
    build.add_argument("--masks-after", type=Path, help="folder of label rasters of the second date")
    build.add_argument("--classes", help='class values, e.g. "1=water,2=tree"')
    build.add_argument("--ignore", default="0", help="label values that are no label, e.g. 0,255")
    build.add_argument("--gsd", type=float, help="ground sample distance in metres (default: that of the pictures)")
    build.add_argument("--xbd", type=Path, help="folder in xBD's layout instead: building change")
    build.add_argument("--seed", type=int, default=0)
    build.add_argument("--tasks", help="only these tasks, e.g. CA,AQ,FL")
    build.add_argument("--per-task", type=int, default=2, help="at most so many questions of a task an image")
    build.add_argument("--out", type=Path, required=True, help="parquet file to write")
    build.set_defaults(run=_build)
    check = subparsers.add_parser("check", help="work the answers of a built file out again by other means")
    check.add_argument("data", type=Path, help="parquet file made by `build`")
    check.set_defaults(run=_check)


def reader(name: str, data: Path, images: Path | None, *, paper_only: bool = False) -> Iterator[BenchSample]:
    """Read a benchmark's file by the name of its command."""
    from terrascope_lab.bench import json_readers, readers

    if name == "terrascope-bench":
        return readers.read_terrascope_bench(data)
    if name == "landsat30-au":
        return readers.read_landsat30_au(data, images)
    if name == "disasterm3":
        return json_readers.read_disasterm3(data, images, paper_only=paper_only)
    read = {"rsvqa-lr": json_readers.read_rsvqa, "earthmind-bench": json_readers.read_earthmind}[name]
    return read(data, images)


def _reading(name: str, arguments: argparse.Namespace) -> Callable[[], Iterator[BenchSample]]:
    from terrascope_lab.bench.hub import local_file
    from terrascope_lab.bench.run import iterate_limited

    data = local_file(arguments.data)
    return lambda: iterate_limited(
        reader(name, data, arguments.images, paper_only=arguments.paper_only), arguments.per_task
    )


def _settings(arguments: argparse.Namespace) -> ReasoningSettings:
    from terrascope.reasoning.settings import ReasoningSettings

    return ReasoningSettings(selection=arguments.selection, modality=arguments.modality)


def _run(name: str, arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.bench.blind import blind_baselines
    from terrascope_lab.bench.runner import Benchmark, run_benchmark
    from terrascope_lab.bench.variants import Variant

    console = Console()
    read = _reading(name, arguments)
    if arguments.baselines_only:
        _print_baselines(console, blind_baselines(read()))
        return 0
    variant = Variant(
        "this run", _settings(arguments), {"measured": True, "none": False, None: None}[arguments.evidence],
        arguments.oracle_masks, arguments.blank,
    )  # fmt: skip
    benchmark = Benchmark(name, str(arguments.data), read, arguments.per_task)
    outcome = run_benchmark(benchmark, _network(arguments), variant, arguments.out, arguments.workers, _tell(console))
    console.print(outcome.table, markup=False, highlight=False, soft_wrap=True)
    console.print(f"Results, table and page: {arguments.out}", markup=False, highlight=False)
    return 0


def _print_baselines(console: Console, baselines: Mapping[str, Baseline]) -> None:
    from terrascope_lab.bench.tables import blind_cells, ordered, table

    header = ["task", "n", "constant letter", "constant text", "random", "question only"]
    rows = [
        [task, str(baselines[task].constant_letter.count), *blind_cells(baselines[task])]
        for task in ordered(list(baselines))
    ]
    console.print(table(header, rows), markup=False, highlight=False, soft_wrap=True)


def _tell(console: Console) -> Callable[[int, SampleResult], None]:
    def tell(number: int, result: SampleResult) -> None:
        verdict = "right" if result.right else "wrong"
        line = f"{number + 1} {result.sample_id} {verdict} {result.error}".rstrip()
        console.print(line, markup=False, highlight=False)

    return tell


def _network(arguments: argparse.Namespace) -> Load:
    from terrascope_lab.bench.runner import load

    return partial(load, arguments.network, arguments.device, arguments.precision, arguments.workers)


def _ablation(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.bench.ablation import ablate, ablation_table, variants_for
    from terrascope_lab.bench.results import hold_to
    from terrascope_lab.bench.runner import describe

    console = Console()
    read = _reading(arguments.benchmark, arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    make = _network(arguments)
    hold_to(arguments.out, describe(make, str(arguments.data), arguments.per_task))
    rows = ablate(
        read, make, arguments.out, variants_for(read()), workers=arguments.workers,
        tell=lambda name, scores: console.print(f"{name}: {100 * scores.macro:.1f}", markup=False, highlight=False),
    )  # fmt: skip
    text = ablation_table(rows)
    (arguments.out / "ablation.md").write_text(text, encoding="utf-8")
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    return 0


def _small(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.bench.runner import run_small

    console = Console()
    outcome = run_small(_network(arguments), arguments.out, arguments.workers)
    console.print(outcome.table, markup=False, highlight=False, soft_wrap=True)
    console.print(outcome.verdict, markup=False, highlight=False)
    console.print(f"Results, table and page: {arguments.out}", markup=False, highlight=False)
    return 0


def _build(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.bench.build import write
    from terrascope_lab.bench.folders import Folders, labelled_images
    from terrascope_lab.bench.xbd import xbd_images
    from terrascope_lab.cot.readers.folders import parse_classes

    if arguments.xbd is not None:
        images = xbd_images(arguments.xbd)
    elif arguments.images is None or arguments.masks is None or arguments.classes is None:
        raise TerraScopeError(
            "The builder needs pictures, labels and class names.", "Give --images, --masks and --classes, or --xbd."
        )
    else:
        folders = Folders(
            arguments.images, arguments.masks, arguments.sar, arguments.images_after, arguments.masks_after
        )
        ignore = {int(value) for value in arguments.ignore.split(",") if value.strip()}
        images = labelled_images(folders, parse_classes(arguments.classes), gsd_m=arguments.gsd, ignore=ignore)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    tasks = frozenset(arguments.tasks.upper().split(",")) if arguments.tasks else None
    count = write(images, arguments.out, seed=arguments.seed, per_task=arguments.per_task, tasks=tasks)
    Console().print(f"{count} samples in {arguments.out}", markup=False, highlight=False)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.bench.check import check

    console = Console()
    count = wrong = 0
    for sample_id, problem in check(arguments.data):
        count += 1
        if problem:
            wrong += 1
            console.print(f"{sample_id}: {problem}", markup=False, highlight=False)
    console.print(f"{count} answers worked out again, {wrong} wrong.", highlight=False)
    return 1 if wrong else 0

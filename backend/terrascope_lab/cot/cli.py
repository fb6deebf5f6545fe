"""`terrascope cot caption | train-annotator | annotate | refine | compose | build | check`."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terrascope_lab.cot.scenes import DataError

if TYPE_CHECKING:
    from rich.console import Console

    from terrascope_lab.cot.annotator.run import AnnotationReport
    from terrascope_lab.cot.assembly.settings import BuildSettings
    from terrascope_lab.cot.captions.endpoint import Endpoint
    from terrascope_lab.cot.readers.registry import SourceSpec

_LEVELS = {
    "caption": ("cap",),
    "compose": ("l1", "l2_spatial", "l2_semantic"),
    "build": ("cap", "l1", "l2_spatial", "l2_semantic"),
}
_HELP = {
    "caption": "Cap-CoT: captions with masks (by rule, or by an endpoint)",
    "compose": "level 1 and level 2 questions",
    "build": "everything: captions, level 1, level 2",
}


def add_cot_parser(subparsers: Any) -> None:
    """Add the group of commands."""
    group = subparsers.add_parser("cot", help="build chain-of-thought data")
    commands = group.add_subparsers(metavar="WHAT", required=True)
    for name in _LEVELS:
        _add_build(commands, name)
    check = commands.add_parser("check", help="derive every answer again from its masks")
    check.add_argument("data", type=Path, help="the folder of a build, a JSON list, or a parquet file")
    check.add_argument("--images", type=Path, help="folder of the pictures (default: images/ beside the file)")
    check.add_argument("--no-images", action="store_true", help="do not look at the pictures")
    check.add_argument("--processes", type=int, default=2)
    check.add_argument("--show", type=int, default=20, help="print at most so many mismatches")
    check.set_defaults(run=_check)
    _add_annotator(commands)


def _add_annotator(commands: Any) -> None:
    train = commands.add_parser("train-annotator", help="write the training recipe of TerraScope-Cap")
    train.add_argument("captions", type=Path, help="the folder of `cot caption`")
    train.add_argument("--out", type=Path, default=Path("terrascope-cap.toml"), help="the recipe to write")
    train.set_defaults(run=_train_annotator)
    annotate = commands.add_parser("annotate", help="let a network mark the classes of images")
    _add_sources(annotate)
    annotate.add_argument("--out", type=Path, required=True, help="folder of the annotated set; it goes on")
    annotate.add_argument("--network", help='"embedded", or the folder of an imported model')
    annotate.add_argument("--labels", default="", help='classes to ask for, e.g. "water,trees"')
    annotate.add_argument("--least-confidence", type=float, default=0.0, help="leave out masks below it, 0..1")
    annotate.add_argument("--limit", type=int, help="at most so many scenes")
    annotate.set_defaults(run=_annotate)
    refine = commands.add_parser("refine", help="prediction AND truth, where there is a truth")
    refine.add_argument("annotations", type=Path, help="the folder of `cot annotate`")
    _add_sources(refine)
    refine.add_argument("--out", type=Path, required=True, help="folder of the refined set; it goes on")
    refine.set_defaults(run=_refine)


def _add_build(commands: Any, name: str) -> None:
    parser = commands.add_parser(name, help=_HELP[name])
    _add_sources(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of the build; one that is there goes on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, help="stop after so many samples")
    parser.add_argument("--rounds", type=int, default=1, help="go through every scene so often, asking new questions")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--parquet", action="store_true", help="write parquet files too, with the pictures inside")
    parser.add_argument("--overlays", action="store_true", help="keep the pictures with coloured masks")
    parser.set_defaults(run=_build, what=name)
    if name != "caption":
        parser.add_argument("--compose-endpoint", metavar="URL", help="a language model words level-2 questions")
    if name != "compose":
        parser.add_argument("--captioner", metavar="rules|URL", default="rules", help='"rules", or an endpoint')
    parser.add_argument("--model", default="", help="name of the endpoint's model")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds an answer of an endpoint may take")


def _add_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="a folder of data sets, recognised by their folders' names")
    parser.add_argument("--source", action="append", default=[], metavar="READER=FOLDER", help="a data set; repeat it")
    parser.add_argument("--classes", default="", help='for folder=: class values, e.g. "1=water,2=trees"')
    parser.add_argument("--gsd", type=float, help="for folder=: metres a pixel")
    parser.add_argument("--ignore", default="", help="for folder=: label values that are no label, e.g. 0,255")


def _sources(arguments: argparse.Namespace) -> tuple[SourceSpec, ...]:
    from terrascope_lab.cot.readers.registry import found_in, parse_sources

    ignore = [int(value) for value in arguments.ignore.split(",") if value.strip()]
    specs = found_in(arguments.data) if arguments.data is not None else []
    specs += parse_sources(arguments.source, arguments.classes, arguments.gsd, ignore)
    if not specs:
        raise DataError("No data is named.", "Give --data FOLDER or --source READER=FOLDER.")
    return tuple(specs)


def _endpoint(url: str, arguments: argparse.Namespace) -> Endpoint:
    from terrascope_lab.cot.captions.endpoint import Endpoint

    if not arguments.model:
        raise DataError(f"The endpoint {url!r} needs a model.", "Name it with --model.")
    return Endpoint(url, arguments.model, timeout_s=arguments.timeout, cache=arguments.out / "answers")


def _settings(arguments: argparse.Namespace) -> BuildSettings:
    from terrascope_lab.cot.assembly.settings import BuildSettings

    captioner = getattr(arguments, "captioner", "rules")
    composer = getattr(arguments, "compose_endpoint", None)
    return BuildSettings(
        sources=_sources(arguments),
        seed=arguments.seed,
        levels=_LEVELS[arguments.what],
        rounds=arguments.rounds,
        endpoint=None if captioner == "rules" else _endpoint(captioner, arguments),
        compose_endpoint=None if composer is None else _endpoint(composer, arguments),
        overlays=arguments.overlays,
    )


def _build(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    from terrascope_lab.cot.assembly.run import build

    console, begun, worked = Console(), time.monotonic(), _cpu_seconds()
    settings = _settings(arguments)
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True) as bar:
        line = bar.add_task("reading")
        report = build(
            settings, arguments.out, samples=arguments.samples, processes=arguments.processes,
            progress=lambda samples, scenes: bar.update(line, description=f"{samples} samples of {scenes} scenes"),
        )  # fmt: skip
    seconds = time.monotonic() - begun
    rate = report.samples / max(seconds, 1e-9)
    worked = _cpu_seconds() - worked
    console.print(
        f"{report.samples} samples in {seconds:.1f} s, {rate:.0f} a second ({worked:.1f} s of processor time)",
        highlight=False,
    )
    for title, counts in (("level", report.levels), ("task", report.tasks), ("source", report.sources)):
        console.print(f"by {title}: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items())), highlight=False)
    for scene, reason in report.skipped[:10]:
        console.print(f"left out {scene}: {reason}", markup=False, highlight=False)
    if len(report.skipped) > 10:
        console.print(f"and {len(report.skipped) - 10} more, see summary.json", highlight=False)
    if arguments.parquet:
        _parquet(arguments.out, list(report.files))
    return 0


def _cpu_seconds() -> float:
    """Processor time of this process and of those that it has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _parquet(out: Path, names: list[str]) -> None:
    from terrascope_lab.cot.formats.json_list import read_list
    from terrascope_lab.cot.formats.parquet import write_parquet

    for name in names:
        embed = "optical_sar" not in name  # the radar of an optical and radar sample is found by its picture's name
        path = out / Path(name).with_suffix(".parquet")
        write_parquet(read_list(out / name), out / "images", path, embed=embed)


def _check(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.cot.check.run import check_files, files_of

    console, begun = Console(), time.monotonic()
    files = files_of(arguments.data)
    images = None if arguments.no_images else arguments.images or files[0].parent / "images"
    report = check_files(files, images, processes=arguments.processes)
    seconds = time.monotonic() - begun
    for mismatch in report.mismatches[: arguments.show]:
        console.print(f"{mismatch.sample}: {mismatch.problem}", markup=False, highlight=False)
    console.print(
        f"{report.samples} samples checked in {seconds:.1f} s, {len(report.mismatches)} mismatches", highlight=False
    )
    return 1 if report.mismatches else 0


def _train_annotator(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.cot.annotator.recipe import write_recipe

    write_recipe(arguments.captions, arguments.out)
    Console().print(f"Recipe {arguments.out}. Train with it: terrascope train --help", markup=False, highlight=False)
    return 0


def _annotate(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope.networks.registry import load_network
    from terrascope_lab.cot.annotator.run import annotate_all

    console = Console()
    labels = [label.strip() for label in arguments.labels.split(",") if label.strip()]
    readers = [spec.open() for spec in _sources(arguments)]
    network = load_network(arguments.network)
    with console.status("annotating") as status:
        report = annotate_all(
            network, readers, arguments.out, labels=labels, least_confidence=arguments.least_confidence,
            limit=arguments.limit, progress=lambda done, whole: status.update(f"scene {done} of {whole}"),
        )  # fmt: skip
    _say_annotated(console, report)
    return 0


def _refine(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope_lab.cot.annotator.run import refine_all

    report = refine_all(arguments.annotations, [spec.open() for spec in _sources(arguments)], arguments.out)
    _say_annotated(Console(), report)
    return 0


def _say_annotated(console: Console, report: AnnotationReport) -> None:
    console.print(f"{report.scenes} scenes", highlight=False)
    for label, value in sorted(report.iou().items()):
        console.print(f"{label}: IoU with the truth {value:.3f}", highlight=False)
    for scene, reason in report.skipped[:10]:
        console.print(f"left out {scene}: {reason}", markup=False, highlight=False)

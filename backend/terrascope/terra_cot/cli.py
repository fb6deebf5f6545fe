"""`terrascope cot caption | annotate | refine | compose | build | check`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terrascope.terra_cot.scenes import DataError

if TYPE_CHECKING:
    from terrascope.terra_cot.assembly.settings import BuildSettings
    from terrascope.terra_cot.captions.endpoint import Endpoint
    from terrascope.terra_cot.readers.registry import SourceSpec

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
    from terrascope.terra_cot.readers.registry import found_in, parse_sources

    ignore = [int(value) for value in arguments.ignore.split(",") if value.strip()]
    specs = found_in(arguments.data) if arguments.data is not None else []
    specs += parse_sources(arguments.source, arguments.classes, arguments.gsd, ignore)
    if not specs:
        raise DataError("No data is named.", "Give --data FOLDER or --source READER=FOLDER.")
    return tuple(specs)


def _endpoint(url: str, arguments: argparse.Namespace) -> Endpoint:
    from terrascope.terra_cot.captions.endpoint import Endpoint

    if not arguments.model:
        raise DataError(f"The endpoint {url!r} needs a model.", "Name it with --model.")
    return Endpoint(url, arguments.model, timeout_s=arguments.timeout, cache=arguments.out / "answers")


def _settings(arguments: argparse.Namespace) -> BuildSettings:
    from terrascope.terra_cot.assembly.settings import BuildSettings

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

    from terrascope.terra_cot.assembly.run import build

    console, begun = Console(), time.monotonic()
    settings = _settings(arguments)
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True) as bar:
        line = bar.add_task("reading")
        report = build(
            settings, arguments.out, samples=arguments.samples, processes=arguments.processes,
            progress=lambda samples, scenes: bar.update(line, description=f"{samples} samples of {scenes} scenes"),
        )  # fmt: skip
    seconds = time.monotonic() - begun
    rate = report.samples / max(seconds, 1e-9)
    console.print(f"{report.samples} samples in {seconds:.1f} s, {rate:.0f} a second", highlight=False)
    for title, counts in (("level", report.levels), ("task", report.tasks), ("source", report.sources)):
        console.print(f"by {title}: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items())), highlight=False)
    for scene, reason in report.skipped[:10]:
        console.print(f"left out {scene}: {reason}", markup=False, highlight=False)
    if len(report.skipped) > 10:
        console.print(f"and {len(report.skipped) - 10} more, see summary.json", highlight=False)
    if arguments.parquet:
        _parquet(arguments.out, list(report.files))
    return 0


def _parquet(out: Path, names: list[str]) -> None:
    from terrascope.terra_cot.formats.json_list import read_list
    from terrascope.terra_cot.formats.parquet import write_parquet

    for name in names:
        embed = "optical_sar" not in name  # the radar of an optical and radar sample is found by its picture's name
        path = out / Path(name).with_suffix(".parquet")
        write_parquet(read_list(out / name), out / "images", path, embed=embed)


def _check(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from terrascope.terra_cot.check.run import check_files, files_of

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

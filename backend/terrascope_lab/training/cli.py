"""`terrascope train run | plan | check | curve | recipes`: training from recipes."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from terrascope.errors import TerraScopeError
from terrascope_lab.training.recipe import Recipe, read_recipe, shipped_recipes

if TYPE_CHECKING:
    from terrascope_lab.training.engine import Progress

STOPPED = 130


def run() -> int:
    """Train a recipe. The same command under `accelerate launch -m terrascope_lab.training.cli` runs on many GPUs."""
    parser = _parser("run", "train a recipe; goes on from its newest checkpoint")
    parser.add_argument("recipe", help="shipped recipe, or a .toml file")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--data", type=Path, default=Path(), help="folder that the data entries' paths start from")
    parser.add_argument("--model", type=Path, help="imported full model to begin with")
    parser.add_argument("--base", type=Path, help="base weights of the embedded model")
    parser.add_argument("--stage", help="only this stage")
    parser.add_argument("--cpu", action="store_true", help="do not use a GPU")
    parser.add_argument("--meta", action="store_true", help="only say what it takes (as plan)")
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.NAME=VALUE", help="change a setting")
    options = parser.parse_args()
    recipe = read_recipe(options.recipe, options.set)
    if options.meta:
        return _plan(recipe, options.stage, gpus=8)
    from terrascope_lab.training.runs import Places, run_recipe

    main_process = os.environ.get("RANK", "0") == "0"
    console = Console(stderr=True, quiet=not main_process)
    logging.basicConfig(level=logging.INFO if main_process else logging.ERROR, format="%(asctime)s %(message)s")

    def report(stage: str, progress: Progress) -> None:
        values = "  ".join(f"{name} {value:.4g}" for name, value in progress.values.items())
        console.print(f"[bold]{escape(stage)}[/] {progress.step}/{progress.steps}  {values}", highlight=False)

    places = Places(options.out, options.data, options.model, options.base)
    found = run_recipe(recipe, places, stage=options.stage, cpu=options.cpu, report=report)
    if found and not found[-1].finished:
        console.print(f"Stopped after step {found[-1].step}. The same command goes on from there.")
        return STOPPED
    console.print(f"Done: [bold]{escape(str(options.out))}[/].")
    return 0


def plan() -> int:
    """Say what a recipe takes: parameters, memory of a GPU, steps."""
    parser = _parser("plan", "say what a recipe takes, without weights or data")
    parser.add_argument("recipe")
    parser.add_argument("--stage")
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--samples", type=int, default=0, help="of the data set (default: as the recipe says)")
    parser.add_argument("--tokens", type=int, default=0, help="of a sequence (default: five tiles and 1,024 words)")
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.NAME=VALUE")
    options = parser.parse_args()
    recipe = read_recipe(options.recipe, options.set)
    return _plan(recipe, options.stage, options.gpus, options.samples, options.tokens)


def _plan(recipe: Recipe, stage: str | None, gpus: int, samples: int = 0, tokens: int = 0) -> int:
    from terrascope_lab.training.full.plan import plan_stage

    console = Console()
    for each in [recipe.stage(stage)] if stage else recipe.stages:
        if each.task != "full":
            console.print(f"[bold]{escape(each.name)}[/]: {each.module} {escape(' '.join(each.arguments))}")
            continue
        found = plan_stage(each, gpus, samples=samples, tokens=tokens)
        trained = sum(found.parameters.trained.values())
        console.print(
            f"[bold]{escape(each.name)}[/]: {trained / 1e6:.1f} of {found.parameters.total / 1e6:.1f} million "
            f"parameters are trained; {found.samples:,} samples in {found.steps:,} steps of {each.optim.batch}, "
            f"{found.accumulation} x {each.optim.micro_batch} on each of {gpus} GPUs; {found.tokens:,} tokens each",
            highlight=False,
        )
        parts = Table("part", "million parameters", box=None)
        for name, count in sorted(found.parameters.trained.items()):
            parts.add_row(escape(name), f"{count / 1e6:.2f}")
        console.print(parts)
        table = Table(title=f"GB of one GPU of {gpus} (reckoned)")
        names = ("frozen", "trained", "gradients", "optimizer", "activations", "context", "total")
        for column in ("", *names):
            table.add_column(column, justify="right" if column else "left")
        for name, memory in found.memory.items():
            table.add_row(name, *(f"{getattr(memory, column) / 1e9:.2f}" for column in names))
        console.print(table)
    return 0


def check() -> int:
    """Read every sample of a recipe once."""
    parser = _parser("check", "read a recipe's data with its pictures and masks, and name the first fault")
    parser.add_argument("recipe")
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--limit", type=int, default=0, help="only so many samples of each stage")
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.NAME=VALUE")
    options = parser.parse_args()
    from terrascope_lab.training.full.sources import Samples, checked
    from terrascope_lab.training.full.task import entries_of

    for stage in read_recipe(options.recipe, options.set).stages:
        if stage.task == "full":
            count = checked(Samples(entries_of(stage, options.data)), options.limit)
            Console().print(f"{escape(stage.name)}: {count:,} samples are good.", highlight=False)
    return 0


def curve() -> int:
    """Draw a run's loss curve."""
    parser = _parser("curve", "draw the loss curve of a stage's folder")
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path, help="PNG (default: loss.png in the folder)")
    options = parser.parse_args()
    from terrascope_lab.training.curve import draw_curve

    Console().print(escape(str(draw_curve(options.folder, options.out))), highlight=False)
    return 0


def recipes() -> int:
    """List the recipes that come with the package."""
    _parser("recipes", "list the recipes that come with the package").parse_args()
    table = Table("recipe", "stages", "about")
    for name in shipped_recipes():
        found = read_recipe(name)
        table.add_row(name, ", ".join(stage.name for stage in found.stages), escape(found.about))
    Console().print(table)
    return 0


def _parser(name: str, about: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"terrascope train {name}", description=about)


def main() -> int:
    """Run `python -m terrascope_lab.training.cli run ...`, which `accelerate launch` needs."""
    commands = {"run": run, "plan": plan, "check": check, "curve": curve, "recipes": recipes}
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    console = Console(stderr=True)
    if what not in commands:
        console.print(f"Write one of {', '.join(commands)}.")
        return 2
    sys.argv = [f"terrascope train {what}", *sys.argv[2:]]
    try:
        return commands[what]()
    except TerraScopeError as error:
        console.print(f"[red]Error:[/] {escape(error.message)} [bold]{escape(error.hint)}[/]")
        return 1


if __name__ == "__main__":
    sys.exit(main())

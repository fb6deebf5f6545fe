"""Sub-commands that the laboratory adds to `terrascope`, by the entry-point group `terrascope.commands`.

Each function gets the sub-parsers of `terrascope` and whether its command is the one that runs: only then is what it
needs imported, so that a missing extra breaks its own command alone.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any

from terrascope.errors import TerraScopeError

#: `terrascope train WHAT ...`: functions with a command line of their own, which gets the rest of the arguments.
TRAINING: dict[str, str] = {
    **{
        f"{what}{suffix}": f"terrascope_lab.training.{what}.{module}:main"
        for what in ("language", "vision")
        for suffix, module in (("", "train"), ("-export", "export"), ("-evaluate", "evaluate"))
    },
    **{what: f"terrascope_lab.training.cli:{what}" for what in ("run", "plan", "check", "curve", "recipes")},
}
#: `terrascope bench WHAT ...`: modules and functions that add the parsers.
BENCHMARKS = (
    ("terrascope_lab.bench.scene", "add_scene_parser"),
    ("terrascope_lab.bench.loop", "add_loop_parser"),
    ("terrascope_lab.bench.embedded", "add_embedded_parser"),
    ("terrascope_lab.bench.cli", "add_bench_parsers"),
)


def add_cot(commands: Any, wanted: bool) -> None:
    """Add `cot`."""
    if not wanted:
        commands.add_parser("cot", help="build chain-of-thought data")
        return
    from terrascope_lab.cot.cli import add_cot_parser

    add_cot_parser(commands)


def add_bench(commands: Any, wanted: bool) -> None:
    """Add `bench` with one command a benchmark; those whose extra is missing are left out while one is there."""
    group = commands.add_parser("bench", help="measure speed and accuracy")
    if not wanted:
        return
    kinds = group.add_subparsers(metavar="WHAT", required=True)
    failures: list[str] = []
    for module, function in BENCHMARKS:
        try:
            getattr(importlib.import_module(module), function)(kinds)
        except ImportError as error:
            failures.append(str(error))
    if len(failures) == len(BENCHMARKS):
        raise ImportError("; ".join(failures))


def add_train(commands: Any, wanted: bool) -> None:
    """Add `train`."""
    train = commands.add_parser("train", help="train the full model, and the parts of the embedded model")
    if not wanted:
        return
    train.add_argument("what", choices=sorted(TRAINING))
    train.add_argument("arguments", nargs=argparse.REMAINDER, help="of that part (--help lists them)")
    train.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    home, _, function = TRAINING[options.what].partition(":")
    try:
        module = importlib.import_module(home)
    except ImportError as error:
        raise TerraScopeError(
            f"Training needs what is not installed here: {error}.",
            "Install the development environment (backend/requirements/full-cpu.txt and dev.txt).",
        ) from error
    sys.argv = [f"terrascope train {options.what}", *options.arguments]
    return getattr(module, function)() or 0

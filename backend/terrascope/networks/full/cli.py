"""`terrascope models`: import, export, check, memory, list."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from terrascope.errors import CheckpointError
from terrascope.networks.full import devices
from terrascope.networks.full.configuration import TerraScopeConfig, released_8b
from terrascope.networks.full.convert import export_published, import_published
from terrascope.networks.full.hub import download, parse_hub_id
from terrascope.networks.full.inspection import inspect_folder
from terrascope.networks.full.layout import verify_weights
from terrascope.networks.full.loading import load_config, read_weights
from terrascope.networks.full.memory import memory_needed, parameter_count
from terrascope.networks.full.precision import PRECISIONS
from terrascope.networks.full.published import read_sums
from terrascope.networks.registry import available_networks, models_folder

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_models_parser(subparsers: SubParsers) -> None:
    """Add the `models` command and its sub-commands."""
    models = subparsers.add_parser("models", help="import, export, list and check models")
    commands = models.add_subparsers(title="commands", metavar="COMMAND", required=True)

    importing = commands.add_parser("import", help="read a published checkpoint (safetensors; no code is run)")
    importing.add_argument("source", help="folder, or ORGANISATION/NAME@COMMIT of the Hugging Face hub")
    importing.add_argument("target", type=Path, nargs="?", help="new folder (default: in the models folder)")
    importing.add_argument(
        "--sha256", metavar="FILE=HEX", action="append", default=[], help="expected hash of a file, once a file"
    )
    importing.set_defaults(run=_import)

    exporting = commands.add_parser("export", help="write a model back in the published layout")
    exporting.add_argument("source", type=Path)
    exporting.add_argument("target", type=Path)
    exporting.add_argument("--like", type=Path, help="imported model that a trained one started from")
    exporting.set_defaults(run=_export)

    checking = commands.add_parser("check", help="check files, hashes, keys and shapes; with --load also run it")
    checking.add_argument("folder", type=Path)
    checking.add_argument("--load", action="store_true", help="load it and compute on the device")
    checking.add_argument("--device", default="auto")
    checking.add_argument("--precision", default="bf16", choices=list(PRECISIONS))
    checking.set_defaults(run=_check)

    needing = commands.add_parser("memory", help="say how much memory each precision needs, from the sizes alone")
    needing.add_argument("folder", type=Path, nargs="?", help="model (default: the released 8B)")
    needing.add_argument("--tokens", type=int, default=4096, help="prompt, images and answer together")
    needing.add_argument("--views", type=int, default=1, help="images of a question")
    needing.set_defaults(run=_memory)

    commands.add_parser("list", help="list the networks that can be asked").set_defaults(run=_list)


def _import(args: argparse.Namespace) -> int:
    console = Console()
    sums = dict(_sum(text) for text in args.sha256)
    remote = parse_hub_id(args.source)
    if remote is not None and not Path(args.source).exists():
        source, stated = download(remote)
        sums = {**stated, **sums}
        name, origin = remote.repository.split("/")[1], args.source
    else:
        source = Path(args.source)
        sums = {**read_sums(source), **sums}
        name, origin = source.resolve().name, source.resolve().name
    target = args.target or models_folder() / name
    with console.status("Checking the checkpoint") as status:
        import_published(
            source,
            target,
            sums=sums,
            origin=origin,
            progress=lambda what, done, total: status.update(f"{what} ({done + 1} of {total})"),
        )
    console.print(f"Imported [bold]{escape(origin)}[/] to [bold]{escape(str(target))}[/].")
    return 0


def _sum(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if len(value) != 64:
        raise CheckpointError(f"--sha256 {text!r} is not FILE=HEX with 64 hex digits.")
    return name, value


def _export(args: argparse.Namespace) -> int:
    console = Console()
    with console.status("Writing the published layout") as status:
        result = export_published(
            args.source,
            args.target,
            like=args.like,
            progress=lambda what, done, total: status.update(f"{what} ({done + 1} of {total})"),
        )
    console.print(f"Exported to [bold]{escape(str(result.folder))}[/].")
    if result.identical:
        console.print("Every weight file is the published one, bit for bit.")
    else:
        console.print(f"Changed since the import: {escape(', '.join(result.changed))}.")
    return 0


def _check(args: argparse.Namespace) -> int:
    console = Console()
    report = inspect_folder(args.folder)
    table = Table(show_header=False, box=None)
    for name, value in report.rows():
        table.add_row(name, escape(value))
    console.print(table)
    if args.load:
        config = load_config(args.folder)
        proof, notes = devices.choose(args.device)
        for note in notes:
            console.print(f"[yellow]{escape(note)}[/]")
        read_weights(args.folder, config, proof.name, args.precision)
        console.print(f"Loads in {args.precision} on {escape(proof.name)} ({escape(proof.title)}), which computes.")
    console.print(f"SHA-256 {verify_weights(args.folder)}")
    return 0


def _memory(args: argparse.Namespace) -> int:
    config: TerraScopeConfig = load_config(args.folder) if args.folder else released_8b()
    Console().print(memory_table(config, args.tokens, args.views))
    return 0


def memory_table(config: TerraScopeConfig, tokens: int, views: int) -> Table:
    """Table of the memory that each precision needs, in GB (10^9 bytes)."""
    billions = sum(parameter_count(config).values()) / 1e9
    table = Table(title=f"{billions:.2f} billion parameters, {tokens} tokens, {views} view(s); GB")
    for column in ("precision", "weights", "KV cache", "SAM 2 features", "working", "context", "total"):
        table.add_column(column, justify="left" if column == "precision" else "right")
    for name in PRECISIONS:
        need = memory_needed(config, name, tokens=tokens, views=views)
        table.add_row(name, *(f"{part / 1e9:.2f}" for part in (*need, need.total)))
    return table


def _list(args: argparse.Namespace) -> int:
    table = Table("name", "network", "available", "note")
    for entry in available_networks():
        table.add_row(escape(entry.name), escape(entry.title), "yes" if entry.available else "no", escape(entry.reason))
    Console().print(table)
    return 0

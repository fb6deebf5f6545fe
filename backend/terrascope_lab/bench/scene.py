"""`terrascope bench scene`: time and peak memory of work on rasters and masks, beside plain tools doing the same."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from terrascope.errors import TerraScopeError

SIZES = (1024, 4096, 20000)


def add_scene_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `scene`."""
    parser = subparsers.add_parser(
        "scene", help="time and memory of reading, warping, measuring, polygonising, writing"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="pixels a side of the rasters")
    parser.add_argument("--tasks", nargs="+", help="only these: read, warp, measure, polygonise, write")
    parser.add_argument("--repeat", type=int, default=1, help="best of so many runs, by CPU time")
    parser.add_argument("--folder", type=Path, help="keep the rasters here (20000 px: about 2.5 GB)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="Scene: seconds and peak MiB of a process of its own")
    for column in ("task", "pixels", "tool", "seconds", "CPU s", "peak MiB", "value", "CPU: ours / best"):
        table.add_column(column, justify="left" if column in ("task", "tool") else "right")
    with tempfile.TemporaryDirectory(prefix="terrascope-bench-") as spare:
        folder = arguments.folder or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        for row in rows(folder, arguments.sizes, arguments.tasks, arguments.repeat):
            table.add_row(*row)
            console.print(*row, sep="  ")
    console.print(table)
    return 0


def rows(folder: Path, sizes: Sequence[int], tasks: Sequence[str] | None, repeat: int) -> Iterator[tuple[str, ...]]:
    """Run the jobs and yield the table's rows as they come.

    Raises
    ------
    TerraScopeError
        If a job fails; the message holds its own words.
    """
    from terrascope_lab.bench.scene_jobs import JOBS, make

    for size in sizes:
        make(folder, size)
        for task in dict.fromkeys(job.split(".")[0] for job in JOBS):
            if tasks and task not in tasks:
                continue
            tools = [job.split(".")[1] for job in JOBS if job.startswith(f"{task}.")]
            results = {tool: _best(f"{task}.{tool}", folder, size, repeat) for tool in tools}
            yield from _rows_of(task, size, {tool: r for tool, r in results.items() if "seconds" in r})


def _rows_of(task: str, size: int, results: dict[str, dict[str, float]]) -> list[tuple[str, ...]]:
    others = [r["cpu"] for tool, r in results.items() if tool != "ours"]
    return [
        (
            task,
            str(size),
            tool,
            f"{r['seconds']:.2f}",
            f"{r['cpu']:.2f}",
            f"{r['peak_mb']:.0f}" if r.get("peak_mb") else "-",
            f"{r['value']:.6g}",
            f"{r['cpu'] / min(others):.2f}" if tool == "ours" and others else "",
        )
        for tool, r in results.items()
    ]


def _best(job: str, folder: Path, size: int, repeat: int) -> dict[str, float]:
    runs = [_once(job, folder, size) for _ in range(max(1, repeat))]
    return min(runs, key=lambda r: r.get("cpu", 0.0))


def _once(job: str, folder: Path, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "terrascope_lab.bench.scene_jobs", job, str(folder), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise TerraScopeError(f"The job {job} at {size} pixels failed: {last}.", "Run it alone to see more.")
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result

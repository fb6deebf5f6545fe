"""`terrascope bench embedded`: from the question to the first mask and to the answer, with the embedded model."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

#: A question that needs two masks, and one that needs one.
QUESTIONS = ("Is there more forest than water?", "How much of the image is covered by water?")


def add_embedded_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `embedded`."""
    parser = subparsers.add_parser("embedded", help="time to the first mask and to the answer, and peak memory")
    parser.add_argument("image", type=Path, nargs="?", help="a real image (default: one that is made)")
    parser.add_argument("--size", type=int, default=1024, help="pixels a side that are asked about")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each question, each on a fresh scene")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from terrascope.process_memory import own_peak_mb

    with tempfile.TemporaryDirectory() as folder:
        image = arguments.image or _made(Path(folder) / "made.tif", arguments.size)
        load_s, rows = measure(image, Path(folder), arguments.size, arguments.repeat)
    facts = {
        "load_s": load_s, "peak_mb": own_peak_mb(), "cpus": os.cpu_count(), "load_average": _load_average(),
        "rows": rows,
    }  # fmt: skip
    console = Console()
    if arguments.json:
        console.print_json(json.dumps(facts))
        return 0
    heads = ("question", "masks", "first mask s", "answer s", "answer CPU s", "again, answer s", "pixels")
    table = Table(*heads, title="bench embedded")
    for row in rows:
        columns = ("question", "masks", "first_mask_s", "answer_s", "answer_cpu_s", "again_s", "pixels")
        table.add_row(*(str(row[key]) for key in columns))
    console.print(table)
    console.print(
        f"model load {load_s} s, peak memory {facts['peak_mb']} MB, {facts['cpus']} CPUs, load average "
        f"{facts['load_average']} (where it is above the number of CPUs, the "
        "seconds mean little; the CPU seconds of all threads together still do)"
    )
    return 0


def measure(image: Path, folder: Path, size: int, repeat: int) -> tuple[float, list[dict[str, Any]]]:
    """Ask each question `repeat` times on a scene that is opened anew, and once more on the same scene.

    Returns
    -------
    load_s
        Seconds to load the network.
    rows
        Medians for each question.
    """
    from terrascope.networks.registry import EMBEDDED, load_network

    begin = time.perf_counter()
    network = load_network(EMBEDDED)
    load_s = round(time.perf_counter() - begin, 2)
    rows = []
    for question in QUESTIONS:
        fresh, again = [], []
        for _ in range(repeat):
            first, second = _ask(network, image, folder, size, question)
            fresh.append(first)
            again.append(second)
        rows.append(
            {
                "question": question,
                "masks": fresh[0]["masks"],
                "first_mask_s": _median(fresh, "first_mask_s"),
                "answer_s": _median(fresh, "answer_s"),
                "answer_cpu_s": _median(fresh, "answer_cpu_s"),
                "again_s": _median(again, "answer_s"),
                "pixels": f"{fresh[0]['width']} x {fresh[0]['height']}",
            }
        )
    return load_s, rows


def _ask(network: Any, image: Path, folder: Path, size: int, question: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from terrascope.scene.request import LayerRequest
    from terrascope.service.request import QuestionRequest, SceneRequest
    from terrascope.service.run import run_question
    from terrascope.service.workbench import Workbench

    bench = Workbench(lambda name, device, precision: network)
    request = QuestionRequest(question, SceneRequest((LayerRequest(str(image)),), None, size), folder / "bench.gpkg")
    found: list[dict[str, Any]] = []
    for _ in range(2):
        seen: dict[str, Any] = {"masks": 0, "first_mask_s": float("nan")}
        begin, busy = time.perf_counter(), time.process_time()

        def take(message: dict[str, object], seen: dict[str, Any] = seen, begin: float = begin) -> None:
            if message["type"] == "scene":
                seen.update(width=message["width"], height=message["height"])
            elif message["type"] == "mask" and not message.get("derived"):
                seen["masks"] += 1
                if seen["masks"] == 1:
                    seen["first_mask_s"] = time.perf_counter() - begin

        run_question(request, take, workbench=bench)
        seen["answer_s"] = time.perf_counter() - begin
        seen["answer_cpu_s"] = time.process_time() - busy
        found.append(seen)
    return found[0], found[1]


def _median(runs: list[dict[str, Any]], key: str) -> float:
    return round(statistics.median(run[key] for run in runs), 2)


def _load_average() -> float | None:
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _made(path: Path, size: int) -> Path:
    """Write a made Sentinel-2-like image: a river, woods and fields with soft edges and noise."""
    import numpy as np
    import rasterio
    from scipy import ndimage

    random = np.random.default_rng(16)
    terrain = ndimage.gaussian_filter(random.standard_normal((size, size)), size / 24)
    terrain /= terrain.std()
    water, wood, field = (0.05, 0.07, 0.05, 0.03), (0.03, 0.05, 0.04, 0.30), (0.08, 0.11, 0.12, 0.28)
    spectra = np.array([water, wood, field])
    classes = np.digitize(terrain, (-0.9, 0.2))
    bands = np.moveaxis(spectra[classes], 2, 0) + random.normal(0, 0.004, (4, size, size))
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=4, dtype="uint16", crs="EPSG:32633",
        transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000),
    ) as file:  # fmt: skip
        file.write(np.clip(np.rint(bands * 10000), 1, 65535).astype(np.uint16))
        file.descriptions = ("blue", "green", "red", "nir")
        file.scales = (1e-4,) * 4
    return path

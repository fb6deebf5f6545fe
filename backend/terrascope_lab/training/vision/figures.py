"""Measure exported networks on places that each of them has never seen; prints Markdown tables.

    python -m terrascope_lab.training.vision.figures optical --data ../shared/data --folds .work/train/folds/optical
    python -m terrascope_lab.training.vision.figures aerial --data ../shared/data --folds .work/train/folds/aerial
    python -m terrascope_lab.training.vision.figures sar --data ../shared/data --one resources/models

`--folds` is a folder with a folder for each fold (`0`, `1` ...), written by `export.py`; what the network of fold `k`
may be measured on is what `data/places.csv` puts into fold `k` (of the aerial one: `data/turns.py`). `--one` measures
one network on every place, also those that it has seen: fair only on sets that it was not trained on. The pictures go
through the code that the plugin runs (`networks/embedded/vision.py`).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from terrascope_lab.data import forms
from terrascope_lab.training.vision import figures_aerial, figures_optical, figures_sar
from terrascope_lab.training.vision.figures_optical import Row

PARTS = ("hls", "europe", "sets", "pixels", "seas")


def table(title: str, rows: dict[str, Row]) -> str:
    """Return a Markdown table."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [f"### {title}", "", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = [row.get(c, "") for c in columns]
        shown = [f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expert", choices=("optical", "aerial", "sar"))
    parser.add_argument("--data", type=Path, required=True)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--folds", type=Path, help="folder with a folder of networks for each fold")
    given.add_argument("--one", type=Path, help="folder of networks that are measured on every place")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--step", type=int, default=1, help="measure every so many aerial pictures only")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS, help="tables of the optical networks")
    parser.add_argument("--forms", nargs="*", choices=tuple(forms.FORMS), default=tuple(forms.FORMS))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    folders = [arguments.one] if arguments.one else sorted(p.parent for p in arguments.folds.glob("*/vision.json"))
    root, threads = arguments.data, arguments.threads
    if arguments.expert == "optical":
        results = figures_optical.tables(folders, root, threads, arguments.parts, arguments.forms)
    elif arguments.expert == "aerial":
        results = figures_aerial.tables(folders, root, threads, arguments.step)
    else:
        results = figures_sar.tables(folders, root, threads)
    for title, rows in results.items():
        sys.stdout.write(table(title, rows) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

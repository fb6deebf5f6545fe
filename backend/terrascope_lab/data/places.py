"""The table of places over all data sets, and the fold in which each place is left out.

    python -m terrascope_lab.data.places --data ../shared/data > backend/terrascope_lab/data/places.csv

Whatever shares ground is one place, with all its dates and sensors; a figure is of places that the network in question
has never seen. The table is kept beside this module, so that a fold means the same in every session.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from terrascope_lab.data import aerial, flood_pairs, overlap, pixel_tables, radar, sentinel2, split
from terrascope_lab.data.sample import Sample

TABLE = Path(__file__).with_name("places.csv")
FOLDS = split.FOLDS
TURNS = -1  #: fold of the pictures finer than 3 m, which are left out by `turns.py`

#: Sets whose terms a file of the origin confirms; the others are named in the model card.
CONFIRMED: dict[str, bool] = {
    "hls": True, "portovelho": True, "gewata": False, "para": True, "rivertown": True, "europe": False, "india": True,
    "amazon": False, "slovenia": False, "eolearn": True, "terramesh": True, "lesotho": True, "lithuania": False,
    "germany": True, "africa": True, "california": False, "sen1floods11": True, "ombria": False, "dubai": True,
    "mumbai": True, "nepal": True, "massachusetts": False,
}  # fmt: skip

#: Folds of places that are one of a kind; chosen before anything was measured on them.
_SINGLE = {
    "portovelho": 1, "para": 2, "rivertown": 0, "slovenia": 3, "lesotho": 2, "lithuania": 3, "Freiburg": 0, "Jena": 1,
    "Luebeck": 2, "282D_485L_3_3": 0, "38D_378R_2_3": 1, "609U_541L_3_0": 2,
}  # fmt: skip
#: Events of Sen1Floods11; chips of one event are left out together.
_EVENTS = {"India": 0, "Mekong": 1, "Sri-Lanka": 2, "Nigeria": 3, "Somalia": 1, "Spain": 0, "Ghana": 3}


class Place(NamedTuple):
    """Where a sample lies: its place, and the fold in which that place is left out."""

    place: str
    fold: int


@lru_cache(maxsize=1)
def table() -> dict[tuple[str, str], Place]:
    """Return the place of each sample, by its set and its name (of a table of pixels: its group)."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {(r["set"], r["name"]): Place(r["place"], int(r["fold"])) for r in rows}


def fold_of(sample: Sample) -> int:
    """Return the fold in which a sample is left out.

    Raises
    ------
    KeyError
        If the table does not have it.
    """
    return table()[sample.source, sample.name].fold


def _rows(root: Path) -> Iterator[tuple[str, str, str, int]]:
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        region, location = stored["region"], stored["location"]
    for i, (r, p) in enumerate(zip(region.tolist(), location.tolist(), strict=True)):
        place = f"location{p}" if r == split.FLOOD_REGION else f"region{r}"
        yield "hls", str(i), place, split.hls_fold(r, p)
    with np.load(root / "europe_s2" / "europe_s2_train.npz") as stored:
        patches, names = stored["refl_sqrt"], stored["name"].astype(str)
    order = np.argsort(names)
    tied = overlap.connected(len(order), overlap.same_pixels(patches[order]))
    filled = [0] * FOLDS
    fold_by_root: dict[int, int] = {}
    for first, size in sorted(Counter(tied).items(), key=lambda item: (-item[1], item[0])):
        fold_by_root[first] = int(np.argmin(filled))
        filled[fold_by_root[first]] += size
    for rank, first in enumerate(tied):
        yield "europe", names[order[rank]], f"europe{names[order[first]]}", fold_by_root[first]
    for source, reader in (("india", sentinel2.read_india), ("amazon", sentinel2.read_amazon)):
        for rank, sample in enumerate(reader(root)):
            yield source, sample.name, f"{source}{sample.name}", rank % FOLDS
    for sample in sentinel2.read_slovenia(root) + sentinel2.read_eolearn(root):
        yield sample.source, sample.name, "slovenia", _SINGLE["slovenia"]
    for path in sorted((root / "terramesh_s1s2" / "S2L2A").glob("*.tif")):
        yield "terramesh", path.stem, path.stem, _SINGLE[path.stem]
    yield "portovelho", "2019", "portovelho", _SINGLE["portovelho"]
    yield "para", "1988", "para", _SINGLE["para"]
    yield "rivertown", "2022", "rivertown", _SINGLE["rivertown"]
    for strip in range(FOLDS):
        yield "gewata", f"strip{strip}", f"gewata{strip}", strip
    for one in pixel_tables.read_tables(root):
        for rank, group in enumerate(np.unique(one.group).tolist()):
            yield one.source, group, f"{one.source} {group}", _SINGLE.get(group, rank % FOLDS)
    for rank, path in enumerate(sorted((root / "california_burn" / "post_fire").glob("*.tif"))):
        yield "california", path.stem, path.stem, rank % FOLDS
    for sample in radar.read_sar(root):
        if sample.source == "sen1floods11":
            event = sample.name.rpartition("_")[0]
            yield sample.source, sample.name, event, _EVENTS[event]
    for pair in flood_pairs.read_ombria(root):
        place = f"block{int(pair.name[1:]) // 100}" if pair.name[1:].isdigit() else pair.name.split("_")[0]
        fold = {"france": 0, "albania": 2}[place] if not place.startswith("block") else int(place[5:]) % FOLDS
        yield "ombria", pair.name, place, fold
    for sample in aerial.read_aerial(root):
        yield sample.source, sample.name, f"{sample.source} {sample.group}", TURNS


def main() -> None:
    """Command line: prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("set", "name", "place", "fold"))
    writer.writerows(_rows(parser.parse_args().data))


if __name__ == "__main__":
    main()

"""Readers by name, and the sets that a folder of data holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terrascope_lab.cot.readers import local_sets, published
from terrascope_lab.cot.readers.annotations import Annotations
from terrascope_lab.cot.readers.folders import Folder, parse_classes
from terrascope_lab.cot.readers.xbd import Xbd, XbdPost, XbdPre
from terrascope_lab.cot.scenes import DataError, Reader

READERS: Mapping[str, Callable[[Path], Reader]] = {
    "chatearthnet": published.ChatEarthNet,
    "bigearthnet": published.BigEarthNet,
    "xbd": Xbd,
    "xbd_pre": XbdPre,
    "xbd_post": XbdPost,
    "rsvqa_lr": published.RsvqaLr,
    "deepglobe": published.DeepGlobe,
    "sen1floods11": published.Sen1Floods11,
    "hls": local_sets.Hls,
    "hls_pairs": local_sets.HlsPairs,
    "europe": local_sets.Europe,
    "dubai": local_sets.Dubai,
    "india": local_sets.India,
    "amazon": local_sets.Amazon,
    "slovenia": local_sets.Slovenia,
    "eolearn": local_sets.Eolearn,
    "terramesh": local_sets.TerraMesh,
    "burn": local_sets.Burn,
    "annotations": Annotations,
    "folder": Folder,
}
_XBD = ("xbd", "xbd_pre", "xbd_post")
#: Folder names by which `--data` recognises a set, and the readers for it.
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "hls_worldcover": ("hls", "hls_pairs"), "europe_s2": ("europe",), "dubai": ("dubai",), "india_s2": ("india",),
    "amazon_forest": ("amazon",), "slovenia_s2_scene": ("slovenia",), "eolearn_slovenia": ("eolearn",),
    "terramesh_s1s2": ("terramesh",), "california_burn": ("burn",), "sen1floods11": ("sen1floods11",),
    "ChatEarthNet": ("chatearthnet",), "BigEarthNet": ("bigearthnet",), "xbd": _XBD, "xBD": _XBD,
    "deepglobe": ("deepglobe",), "DeepGlobe": ("deepglobe",),
}  # fmt: skip


@dataclass(frozen=True)
class SourceSpec:
    """A reader and its folder; `classes`, `gsd_m` and `ignore` are for plain folders."""

    reader: str
    folder: str
    classes: str = ""
    gsd_m: float | None = None
    ignore: tuple[int, ...] = field(default=())

    def open(self) -> Reader:
        """Return the reader.

        Raises
        ------
        DataError
            If no reader has that name.
        """
        if self.reader not in READERS:
            raise DataError(f"There is no reader {self.reader!r}.", f"Readers: {', '.join(READERS)}.")
        if self.reader == "folder":
            named = parse_classes(self.classes) if self.classes else None
            classes = {value: name.lower() for value, name in named.items()} if named else None
            return Folder(Path(self.folder), classes, self.gsd_m, self.ignore)
        return READERS[self.reader](Path(self.folder))


def found_in(folder: Path) -> list[SourceSpec]:
    """Return the sets that a folder holds, by the names of its sub-folders.

    Raises
    ------
    DataError
        If it holds none.
    """
    specs = [
        SourceSpec(reader, str(folder / name))
        for name, readers in FOLDERS.items()
        if (folder / name).is_dir()
        for reader in readers
    ]
    if not specs:
        raise DataError(
            f"{folder} holds none of the sets {', '.join(FOLDERS)}.", "Name one with --source READER=FOLDER."
        )
    return specs


def parse_sources(texts: Sequence[str], classes: str, gsd_m: float | None, ignore: Sequence[int]) -> list[SourceSpec]:
    """Read `READER=FOLDER` arguments.

    Raises
    ------
    DataError
        If one has no "=" or names no reader.
    """
    specs = []
    for text in texts:
        reader, equals, folder = text.partition("=")
        if not equals or reader not in READERS:
            raise DataError(f"Source {text!r} is not READER=FOLDER.", f"Readers: {', '.join(READERS)}.")
        specs.append(SourceSpec(reader, folder, classes, gsd_m, tuple(ignore)))
    return specs

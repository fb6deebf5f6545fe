"""Published land-cover and radar sets by their published layout: ChatEarthNet, BigEarthNet v2, DeepGlobe, Sen1Floods11,
RSVQA-LR."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from terrascope_lab.cot.readers import legends
from terrascope_lab.cot.readers.local_sets import split_name, window_names
from terrascope_lab.cot.readers.pixels import (
    by_colour,
    need_folder,
    raster_size,
    read_picture,
    read_raster,
    sar_bytes,
    sar_picture,
    stretched,
)
from terrascope_lab.cot.scenes import DataError, LabelledScene, Moment, Picture, from_map


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    DataError
        If it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read: {error}.", "Copy it again.") from error


class ChatEarthNet:
    """`s2_rgb_images/s2_images/*.png` (256x256), masks of the same names, and captions `json_files/*.json` (a list of
    {image or image_id, caption}).

    Masks lie below a folder with "seg", "mask" or "label" in its name, in the published colours (water 0,0,255 ... moss
    128,0,128) or as WorldCover values; radar, where it is there, as `s1_images/vh/*.png` and `s1_images/vv/*.png`.
    """

    source = "chatearthnet"
    _LAYOUT = "s2_rgb_images/s2_images/*.png, segmentation_masks/*.png, json_files/*.json"
    _MASKS, _OTHER = ("seg", "mask", "label"), ("band", "s1_", "s1-", "vh", "vv")

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _files(self) -> dict[str, dict[str, Path]]:
        """Paths of the pictures and of the masks, by name."""
        need_folder(self.folder, self._LAYOUT)
        found: dict[str, dict[str, Path]] = {"picture": {}, "mask": {}}
        for path in sorted(self.folder.rglob("*.png")):
            folders = " ".join(path.relative_to(self.folder).parts[:-1]).lower()
            if any(word in folders for word in self._MASKS):
                found["mask"][path.stem] = path
            elif not any(word in folders for word in self._OTHER):
                found["picture"][path.stem] = path
        return found

    @cached_property
    def _captions(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.folder.rglob("*.json")):
            for entry in read_json(path):
                name = entry.get("image") or entry.get("image_id") if isinstance(entry, Mapping) else None
                said = entry.get("caption") if name else None
                if name and said:
                    texts = said if isinstance(said, list) else [said]
                    found.setdefault(Path(str(name)).stem, []).extend(map(str, texts))
        return found

    def names(self) -> list[str]:
        """See `Reader`."""
        found = sorted(set(self._files["mask"]) & set(self._files["picture"]))
        if not found:
            raise DataError(f"{self.folder} has no picture with a mask of its name.", f"Expected: {self._LAYOUT}")
        return found

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        coded = read_picture(self._files["mask"][name])
        grey = bool((coded == coded[..., :1]).all()) and int(coded.max()) <= 100
        labels = coded[..., 0] if grey else by_colour(coded, legends.CHATEARTHNET_COLOURS)
        masks, valid = from_map(labels, legends.WORLDCOVER)
        radar = self._radar(name)
        moment = Moment(read_picture(self._files["picture"][name]), masks, radar)
        sensor = "Sentinel-2" if radar is None else "Sentinel-2 with Sentinel-1"
        captions = tuple(self._captions.get(name, ()))
        return LabelledScene(self.source, name, (moment,), valid, 10.0, sensor, captions=captions)

    def _radar(self, name: str) -> Picture | None:
        paths = [self.folder / "s1_images" / band / f"{name}.png" for band in ("vh", "vv")]
        if not all(path.exists() for path in paths):
            return None
        vh, vv = (read_picture(path, "L") for path in paths)
        return sar_bytes(vv, vh)


class BigEarthNet:
    """BigEarthNet v2: `BigEarthNet-S2/<scene>/<patch>/<patch>_B04.tif`, `BigEarthNet-S1/<scene>/<patch>/..._VV.tif`,
    `Reference_Maps/<scene>/<patch>/<patch>_reference_map.tif` (CORINE codes), and `metadata.parquet` (`patch_id`,
    `s1_name`, `country`).

    Pictures are true colour from B04, B03 and B02; radar (dB) is there where the metadata names a partner that exists.
    """

    source = "bigearthnet"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        maps = need_folder(
            self.folder / "Reference_Maps", "BigEarthNet-S2/, BigEarthNet-S1/, Reference_Maps/, metadata.parquet"
        )
        return [path.name.removesuffix("_reference_map.tif") for path in sorted(maps.glob("*/*/*_reference_map.tif"))]

    @cached_property
    def _metadata(self) -> dict[str, dict[str, Any]]:
        path = self.folder / "metadata.parquet"
        if not path.exists():
            return {}
        try:
            import pyarrow.parquet as pq
        except ImportError as error:
            raise DataError("metadata.parquet needs pyarrow.", "Install pyarrow, or remove the file.") from error
        names = set(pq.ParquetFile(path).schema_arrow.names)
        table = pq.read_table(path, columns=[name for name in ("patch_id", "s1_name", "country") if name in names])
        return {row["patch_id"]: row for row in table.to_pylist()}

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        scene = name.rsplit("_", 2)[0]
        codes = read_raster(self.folder / "Reference_Maps" / scene / name / f"{name}_reference_map.tif", (1,))[0]
        masks, valid = from_map(codes.astype(np.int32), legends.CORINE)
        folder = self.folder / "BigEarthNet-S2" / scene / name
        bands = np.stack([read_raster(folder / f"{name}_{band}.tif", (1,))[0] for band in ("B04", "B03", "B02")])
        row = self._metadata.get(name, {})
        moment = Moment(stretched(bands, np.ones_like(valid)), masks, self._radar(row.get("s1_name")))
        place = str(row.get("country") or "")
        sensor = "Sentinel-2" if moment.sar is None else "Sentinel-2 with Sentinel-1"
        return LabelledScene(self.source, name, (moment,), valid, 10.0, sensor, place)

    def _radar(self, name: str | None) -> Picture | None:
        if not name:
            return None
        folder = self.folder / "BigEarthNet-S1" / name.rsplit("_", 3)[0] / name
        if not folder.is_dir():
            return None
        vv, vh = (read_raster(folder / f"{name}_{band}.tif", (1,))[0].astype(np.float32) for band in ("VV", "VH"))
        return sar_picture(vv, vh, np.isfinite(vv) & np.isfinite(vh))


class DeepGlobe:
    """DeepGlobe land cover: `<id>_sat.jpg` and `<id>_mask.png` in the published colours, 0.5 m, cut in windows."""

    source = "deepglobe"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """See `Reader`."""
        need_folder(self.folder, "train/<id>_sat.jpg, train/<id>_mask.png")
        paths = sorted(self.folder.rglob("*_mask.png"))
        stems = [(path.relative_to(self.folder).as_posix().removesuffix("_mask.png"), path) for path in paths]
        return [name for stem, path in stems for name in window_names(stem, raster_size(path), 612)]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        stem, window = split_name(name)
        picture = read_picture(self.folder / f"{stem}_sat.jpg")[window]
        coded = read_picture(self.folder / f"{stem}_mask.png")[window]
        masks, valid = from_map(by_colour(coded, legends.DEEPGLOBE_COLOURS, 180), legends.DEEPGLOBE)
        return LabelledScene(self.source, name, (Moment(picture, masks),), valid, 0.5, "satellite")


class Sen1Floods11:
    """Hand-labelled Sen1Floods11: `S1Hand/<chip>_S1Hand.tif` (VV, VH in dB), `LabelHand/<chip>_LabelHand.tif`
    (-1, 0, 1) and, where it is there, `S2Hand/<chip>_S2Hand.tif`; below any folder. Copies with `S1/` and `Labels/`
    are read too, and backscatter stored as hundredths of a dB (whole numbers).
    """

    source = "sen1floods11"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _files(self) -> dict[str, Path]:
        need_folder(self.folder, "S1Hand/*_S1Hand.tif, LabelHand/*_LabelHand.tif")
        return {path.name: path for path in sorted(self.folder.rglob("*Hand.tif"))}

    def names(self) -> list[str]:
        """See `Reader`."""
        chips = [name.removesuffix("_LabelHand.tif") for name in self._files if name.endswith("_LabelHand.tif")]
        chips = [chip for chip in chips if f"{chip}_S1Hand.tif" in self._files]
        return [
            name for chip in chips for name in window_names(chip, raster_size(self._files[f"{chip}_LabelHand.tif"]))
        ]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        chip, window = split_name(name)
        raw = read_raster(self._files[f"{chip}_S1Hand.tif"], (1, 2))[:, window[0], window[1]]
        whole = np.issubdtype(raw.dtype, np.integer)
        power = raw.astype(np.float32)
        if whole:
            power = np.where(power <= -32000, np.nan, power / 100).astype(np.float32)
        seen = np.asarray(np.isfinite(power).all(0), bool)
        labels = read_raster(self._files[f"{chip}_LabelHand.tif"], (1,))[0][window]
        masks, valid = from_map(labels.astype(np.int16), legends.WATER, ~seen)
        optical_path = self._files.get(f"{chip}_S2Hand.tif")
        optical = None
        if optical_path is not None:
            optical = stretched(read_raster(optical_path, (4, 3, 2))[:, window[0], window[1]], np.ones_like(seen))
        moment = Moment(optical, masks, sar_picture(power[0], power[1], seen))
        place = chip.split("_")[0].replace("-", " ")
        return LabelledScene(self.source, name, (moment,), valid, 10.0, "Sentinel-1", place)


class RsvqaLr:
    """RSVQA-LR: `Images_LR/<id>.tif` and `LR_split_<split>_{images,questions,answers}.json`.

    It has no masks: annotate it first. The sample form (`*_qa.json`, a list of {image, question, answer}) is read too.
    """

    source = "rsvqa_lr"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _questions(self) -> dict[str, list[tuple[str, str]]]:
        need_folder(self.folder, "Images_LR/<id>.tif, LR_split_train_images.json, ..._questions.json, ..._answers.json")
        found: dict[str, list[tuple[str, str]]] = {}
        for path in sorted(self.folder.glob("*split_*_questions.json")):
            answers = {
                entry["id"]: entry
                for entry in read_json(path.with_name(path.name.replace("_questions", "_answers")))["answers"]
                if entry.get("active", True)
            }
            for entry in read_json(path)["questions"]:
                if not entry.get("active", True):
                    continue
                for answer in entry.get("answers_ids", ()):
                    if answer in answers:
                        name = f"Images_LR/{entry['img_id']}.tif"
                        found.setdefault(name, []).append((str(entry["question"]), str(answers[answer]["answer"])))
        for path in sorted(self.folder.glob("*_qa.json")):
            for entry in read_json(path):
                found.setdefault(str(entry["image"]), []).append((str(entry["question"]), str(entry["answer"])))
        return found

    def names(self) -> list[str]:
        """See `Reader`."""
        found = sorted(name for name in self._questions if (self.folder / name).exists())
        if not found:
            raise DataError(f"{self.folder} has no image that a question is about.", "Unpack Images_LR into it.")
        return found

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        path = self.folder / name
        bands = read_raster(path, (1, 2, 3))
        seen = np.ones(bands.shape[1:], bool)
        picture = np.moveaxis(bands, 0, -1) if bands.dtype == np.uint8 else stretched(bands, seen)
        questions = tuple(self._questions[name])
        fine = "USGS" in name
        return LabelledScene(
            self.source, Path(name).with_suffix("").as_posix(), (Moment(np.asarray(picture, np.uint8)),), seen,
            0.1524 if fine else 10.0, "aerial" if fine else "Sentinel-2", questions=questions,
        )  # fmt: skip

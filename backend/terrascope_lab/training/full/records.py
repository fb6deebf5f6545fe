"""One training sample as the published files write it: images, conversation, masks."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from terrascope.masks.errors import MaskError
from terrascope.masks.rle import decode
from terrascope_lab.training.errors import TrainingError

KINDS = ("auto", "optical", "temporal", "sar")
SEG = "[SEG]"


class Picture(NamedTuple):
    """Where an image comes from: a file, its bytes, or the two grey files of a SAR picture (VH, VV)."""

    path: Path | None = None
    content: bytes | None = None
    sar: tuple[Path, Path] | None = None

    def read(self, where: str) -> NDArray[np.uint8]:
        """Pixels, uint8 [H, W, 3]; (VH, VV, mean) of a SAR picture, the mean truncated.

        Source of the SAR picture: released datasets/SAR_RGB_Dataset.py:112-123.

        Raises
        ------
        TrainingError
            Names the sample and the file.
        """
        if self.sar is not None:
            vh, vv = (_opened(path, None, where, "L") for path in self.sar)
            if vh.shape != vv.shape:
                raise TrainingError(
                    f"{where}: VH of {self.sar[0].name!r} is {_size(vh)}, VV {_size(vv)}.",
                    "Give both on one grid.",
                )
            mean = (vh.astype(np.float32) + vv.astype(np.float32)) / 2
            return np.stack([vh, vv, mean.astype(np.uint8)], axis=-1)
        return _opened(self.path, self.content, where, "RGB")


def _size(pixels: NDArray[np.generic]) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"


def _opened(path: Path | None, content: bytes | None, where: str, mode: str) -> NDArray[np.uint8]:
    name = path.name if path is not None else "the image in the file"
    try:
        with Image.open(io.BytesIO(content) if content is not None else str(path)) as picture:
            return np.asarray(picture.convert(mode), dtype=np.uint8)
    except FileNotFoundError as error:
        raise TrainingError(
            f"{where}: there is no image {str(path)!r}.", "Set images of this data entry to the folder of the images."
        ) from error
    except (UnidentifiedImageError, OSError) as error:
        raise TrainingError(
            f"{where}: {name!r} is no readable image.", "Leave the sample out, or copy it again."
        ) from (error)


@dataclass(frozen=True)
class Region:
    """The truth of one [SEG]: COCO RLEs that are united (none: an empty mask), and the view that they lie on."""

    view: int
    rles: tuple[Mapping[str, Any], ...]

    def mask(self, height: int, width: int, where: str) -> NDArray[np.bool_]:
        """Return the mask, bool [H, W].

        Overlapping pieces are united; the released code adds them up and trains on targets of 2 and more.

        Raises
        ------
        TrainingError
            If it is damaged or of another size than its image.
        """
        whole = np.zeros((height, width), dtype=np.bool_)
        for rle in self.rles:
            try:
                piece = decode(rle)
            except MaskError as error:
                raise TrainingError(f"{where}: a mask cannot be read. {error.message}", error.hint) from error
            if piece.shape != whole.shape:
                raise TrainingError(
                    f"{where}: a mask is {_size(piece)} pixels, its image {width} x {height}.",
                    "Make masks on the grid of the image that they belong to.",
                )
            whole |= piece
        return whole


@dataclass(frozen=True)
class Record:
    """A sample.

    Attributes
    ----------
    where
        File and place, for messages.
    pictures
        One image; or several: dates in order, or an optical image and its SAR partner.
    sar
        True if the second picture is the SAR partner of the first.
    turns
        (question, answer) in order.
    regions
        Truth of each [SEG] of the answers, in order.
    """

    where: str
    pictures: tuple[Picture, ...]
    sar: bool
    turns: tuple[tuple[str, str], ...]
    regions: tuple[Region, ...]


def record_of(row: Mapping[str, Any], where: str, folder: Path, kind: str = "auto") -> Record:
    """Read a row of a published file.

    Parameters
    ----------
    row
        `image` (or `pre_image` and `post_image`, or `images`), `conversations`, `masks`; `mask_views`, or `image` of
        each entry of `seg_info`, may name the view of each mask, counted from 0; otherwise the first half of a
        temporal sample's masks lies on the earlier image, as the published files have it.
    where
        Named in errors.
    folder
        Of the images; SAR pictures are `vh/NAME` and `vv/NAME` in it.
    kind
        "optical", "temporal", "sar" (optical with its SAR partner), or "auto": temporal where there is a `pre_image`,
        sar where `roles` names both.

    Raises
    ------
    TrainingError
        Names the missing column, or the numbers of masks and [SEG] that differ.
    """
    if kind == "auto":
        kind = _kind_of(row)
    temporal = kind == "temporal"
    if temporal:
        names = row["images"] if row.get("images") else [_need(row, key, where) for key in ("pre_image", "post_image")]
        pictures = tuple(_picture(name, folder) for name in names)
    else:
        name = _need(row, "image", where)
        pictures = (_picture(name, folder),)
        if kind == "sar":
            stored = name.get("path") if isinstance(name, Mapping) else name
            if not isinstance(stored, str):
                raise TrainingError(f"{where}: a SAR sample needs the name of its image.", "Store images as files.")
            plain = stored.replace("\\", "/")
            pictures += (Picture(sar=(folder / "vh" / plain, folder / "vv" / plain)),)
    turns = _turns(_loaded(_need(row, "conversations", where)), where)
    groups = [_group(group) for group in _loaded(row.get("masks")) or ()]
    wanted = sum(answer.count(SEG) for _, answer in turns)
    if len(groups) != wanted:
        raise TrainingError(
            f"{where}: the answer has {wanted} {SEG}, masks has {len(groups)} entries.",
            "Give one list of masks (it may be empty) for every [SEG], in order.",
        )
    views = _views(row, len(groups), len(pictures) if temporal else 1)
    if len(views) != len(groups) or any(not 0 <= int(view) < len(pictures) for view in views):
        raise TrainingError(
            f"{where}: the views of the masks are {list(views)} for {len(groups)} masks and {len(pictures)} images.",
            "Name for every mask its image, counted from 0.",
        )
    regions = tuple(Region(int(view), group) for view, group in zip(views, groups))
    return Record(where, pictures, kind == "sar", turns, regions)


def _kind_of(row: Mapping[str, Any]) -> str:
    if row.get("pre_image") is not None or row.get("images") is not None:
        return "temporal"
    roles = _loaded(row["roles"]) if row.get("roles") is not None else ()
    return "sar" if "sar" in roles and "optical" in roles else "optical"


def _views(row: Mapping[str, Any], masks: int, pictures: int) -> list[int]:
    """View of each mask."""
    named = _loaded(row.get("mask_views"))
    if named is not None:
        return [int(view) for view in named]
    if pictures == 1:
        return [0] * masks
    info = _loaded(row.get("seg_info"))
    if isinstance(info, list) and info and all(isinstance(each, Mapping) and "image" in each for each in info):
        return [int(each["image"]) for each in info]
    return [0 if 2 * i < masks else pictures - 1 for i in range(masks)]


def _need(row: Mapping[str, Any], key: str, where: str) -> Any:
    if row.get(key) is None:
        raise TrainingError(
            f"{where}: there is no column {key!r}; there are {', '.join(sorted(map(str, row)))}.",
            "Set kind of this data entry (optical, temporal, sar), or add the column.",
        )
    return row[key]


def _loaded(value: Any) -> Any:
    """Columns of a parquet file may hold their lists as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def _picture(value: Any, folder: Path) -> Picture:
    if isinstance(value, (bytes, bytearray)):
        return Picture(content=bytes(value))
    if isinstance(value, Mapping):
        return Picture(content=value["bytes"]) if value.get("bytes") else _picture(value.get("path"), folder)
    return Picture(path=folder / str(value).replace("\\", "/"))


def _group(group: Any) -> tuple[Mapping[str, Any], ...]:
    """Masks of one [SEG]: a list of RLEs, one RLE, or nothing."""
    if group is None:
        return ()
    if isinstance(group, Mapping):
        return (group,)
    return tuple(rle for rle in group if rle is not None)


def _turns(entries: Any, where: str) -> tuple[tuple[str, str], ...]:
    texts: list[tuple[str, str]] = []
    if isinstance(entries, Sequence):
        for entry in entries:
            texts.append((str(entry["from"]), str(entry["value"])))
    speakers = [speaker for speaker, _ in texts]
    if not texts or len(texts) % 2 or speakers != ["human", "gpt"] * (len(texts) // 2):
        raise TrainingError(
            f"{where}: the speakers are {speakers}.", "Conversations go human, gpt, human, gpt and so on."
        )
    return tuple((texts[i][1], texts[i + 1][1]) for i in range(0, len(texts), 2))

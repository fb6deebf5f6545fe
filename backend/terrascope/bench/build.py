"""Build a benchmark file in the TerraScope-Bench layout from any segmentation data, by the paper's rules.

One parquet row a question: `image` (GeoTIFF bytes, all bands kept), optional `image2`, `question`, `candidates` (JSON),
`answer`, `task_type`, `masks` (JSON: label -> COCO RLE), `gsd_m`, `id`. Deterministic by seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terrascope.bench import rules
from terrascope.bench.samples import LETTERS
from terrascope.errors import TerraScopeError


@dataclass(frozen=True)
class LabelledImage:
    """An image with its truth.

    Attributes
    ----------
    image_id
        Name that goes into the sample ids.
    images
        Encoded pictures (any format that GDAL reads), first date first.
    labels
        uint8 or int [H, W] of the first date; `classes` names its values.
    valid
        bool [H, W]: labelled pixels.
    gsd_m
        Ground sample distance in metres; None: no areas and distances are asked.
    water_after
        bool [H, W] of water at the second date, where flooding is to be asked.
    """

    image_id: str
    images: tuple[bytes, ...]
    labels: NDArray[np.integer]
    classes: Mapping[int, str]
    valid: NDArray[np.bool_]
    gsd_m: float | None = None
    water_after: NDArray[np.bool_] | None = None
    roles: tuple[str, ...] = ("optical",)


def items_of(image: LabelledImage, seed: int) -> list[rules.Item]:
    """All questions that the rules allow for an image, in a fixed order, drawn by `seed` and the image's name."""
    generator = random.Random(f"{seed}/{image.image_id}")
    masks = {name: image.labels == value for value, name in image.classes.items()}
    valid = image.valid
    if not valid.any():
        return []
    items = rules.coverage(masks, valid, generator) + rules.ranking(masks, valid, generator)
    items += rules.boundary(masks, valid, generator)
    if image.gsd_m is not None:
        items += rules.area(masks, valid, image.gsd_m**2, generator)
        items += rules.distance(masks, valid, image.gsd_m, generator)
    if image.water_after is not None and "water" in masks:
        items += rules.flooding(masks["water"], image.water_after, valid, generator)
    return items


def rows(images: Iterable[LabelledImage], seed: int, per_task: int = 2) -> Iterator[dict[str, object]]:
    """Yield parquet rows: at most `per_task` questions of each task an image."""
    from terrascope.masks.rle import encode

    for image in images:
        generator = random.Random(f"{seed}/{image.image_id}/choice")
        by_task: dict[str, list[rules.Item]] = {}
        for item in items_of(image, seed):
            by_task.setdefault(item.task, []).append(item)
        masks = {name: image.labels == value for value, name in image.classes.items()}
        for task in sorted(by_task):
            group = by_task[task]
            for number, item in enumerate(generator.sample(group, min(per_task, len(group)))):
                truth = {name: encode(masks[name] & image.valid) for name in item.classes}
                if task == "FL" and image.water_after is not None:
                    truth = {"water": truth["water"], "water after": encode(image.water_after & image.valid)}
                yield {
                    "id": f"{image.image_id}/{task}{number}",
                    "image": {"bytes": image.images[0], "path": f"{image.image_id}.tif"},
                    "image2": {"bytes": image.images[1], "path": f"{image.image_id}_2.tif"} if task == "FL" else None,
                    "question": item.question,
                    "candidates": json.dumps(dict(zip(LETTERS, item.options))),
                    "answer": LETTERS[item.right],
                    "task_type": task,
                    "masks": json.dumps({k: dict(v) for k, v in truth.items()}),
                    "gsd_m": image.gsd_m,
                    "roles": list(image.roles),
                    "value": item.value,
                }


def write(images: Iterable[LabelledImage], path: Path, *, seed: int = 0, per_task: int = 2) -> int:
    """Write a parquet file and return its number of samples.

    Raises
    ------
    TerraScopeError
        If no image allows a single question.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("image", picture),
            ("image2", picture),
            ("question", pa.string()),
            ("candidates", pa.string()),
            ("answer", pa.string()),
            ("task_type", pa.string()),
            ("masks", pa.string()),
            ("gsd_m", pa.float64()),
            ("roles", pa.list_(pa.string())),
            ("value", pa.float64()),
        ]
    )
    count = 0
    part = path.with_suffix(path.suffix + ".part")
    with pq.ParquetWriter(part, schema) as writer:
        for row in rows(images, seed, per_task):
            writer.write_table(pa.Table.from_pylist([row], schema))
            count += 1
    if count == 0:
        part.unlink()
        raise TerraScopeError(
            "No image allows a question by the rules.", "Check the class values: classes of at least 3-5 % are needed."
        )
    part.replace(path)
    return count

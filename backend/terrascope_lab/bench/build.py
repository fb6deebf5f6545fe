"""Build a benchmark file in the TerraScope-Bench layout from any segmentation data, by the paper's rules.

One parquet row a question: `image` ... `image4` (encoded, all bands kept), `question`, `candidates` (JSON), `answer`,
`task_type`, `masks` (JSON: label -> COCO RLE), `valid_px`, `gsd_m`, `roles`, `times`, `value`, `id`. Deterministic by
seed. A row group holds the questions about one place, so that its pictures are stored once.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from terrascope.errors import TerraScopeError
from terrascope.masks.rle import encode
from terrascope_lab.bench import rules
from terrascope_lab.bench.labelled import LabelledImage
from terrascope_lab.bench.samples import LETTERS

#: Columns of the pictures of a row.
PICTURES = ("image", "image2", "image3", "image4")
#: Tasks that are about both dates: they carry every picture, the others those of the first date.
TEMPORAL = frozenset({"FL", "CH", "BCE"})
#: Largest dictionary of distinct pictures in a column of a row group, in bytes.
_DICTIONARY = 1 << 28


def items_of(image: LabelledImage, seed: int) -> list[rules.Item]:
    """All questions that the rules allow for an image, in a fixed order, drawn by `seed` and the image's name."""
    generator = random.Random(f"{seed}/{image.image_id}")
    masks, valid = image.masks(), image.valid
    if not valid.any():
        return []
    items = rules.coverage(masks, valid, generator) + rules.ranking(masks, valid, generator)
    items += rules.boundary(masks, valid, generator)
    if image.gsd_m is not None:
        items += rules.area(masks, valid, image.gsd_m**2, generator)
        items += rules.distance(masks, valid, image.gsd_m, generator)
    for name, after in image.masks_after().items():
        if name == "water":
            items += rules.flooding(masks[name], after, valid, generator)
        items += rules.change(name, masks[name], after, valid, generator)
    if image.damage is not None:
        items += rules.building_change(image.damage.total, image.damage.destroyed, generator)
    return items


def rows(
    images: Iterable[LabelledImage], seed: int, per_task: int = 2, tasks: Collection[str] | None = None
) -> Iterator[dict[str, object]]:
    """Yield parquet rows: at most `per_task` questions of each task an image, of all `tasks` or those named."""
    for image in images:
        yield from _rows_of(image, seed, per_task, tasks)


def _rows_of(
    image: LabelledImage, seed: int, per_task: int, tasks: Collection[str] | None
) -> Iterator[dict[str, object]]:
    generator = random.Random(f"{seed}/{image.image_id}/choice")
    by_task: dict[str, list[rules.Item]] = {}
    for item in items_of(image, seed):
        if tasks is None or item.task in tasks:
            by_task.setdefault(item.task, []).append(item)
    masks = {**image.masks(), **{f"{name} after": mask for name, mask in image.masks_after().items()}}
    if image.damage is not None:
        masks.update({"building": image.damage.before, "building after": image.damage.standing})
    for task in sorted(by_task):
        group = by_task[task]
        kept = [i for i, time in enumerate(image.times) if task in TEMPORAL or time == 0]
        for number, item in enumerate(generator.sample(group, min(per_task, len(group)))):
            truth = {name: dict(encode(masks[name] & image.valid)) for name in item.classes}
            pictures = dict.fromkeys(PICTURES) | {
                name: {"bytes": image.images[i], "path": f"{image.image_id}_{i}"} for name, i in zip(PICTURES, kept)
            }
            yield {
                "id": f"{image.image_id}/{task}{number}",
                **pictures,
                "question": item.question,
                "candidates": json.dumps(dict(zip(LETTERS, item.options))),
                "answer": LETTERS[item.right],
                "task_type": task,
                "masks": json.dumps(truth),
                "valid_px": int(image.valid.sum()),
                "gsd_m": image.gsd_m,
                "roles": [image.roles[i] for i in kept],
                "times": [image.times[i] for i in kept],
                "value": item.value,
            }


def write(
    images: Iterable[LabelledImage],
    path: Path,
    *,
    seed: int = 0,
    per_task: int = 2,
    tasks: Collection[str] | None = None,
) -> int:
    """Write a parquet file and return its number of samples; `tasks` keeps only those named.

    Raises
    ------
    TerraScopeError
        If no image allows a single question.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema(
        [("id", pa.string())]
        + [(name, picture) for name in PICTURES]
        + [(name, pa.string()) for name in ("question", "candidates", "answer", "task_type", "masks")]
        + [("valid_px", pa.int64()), ("gsd_m", pa.float64()), ("roles", pa.list_(pa.string()))]
        + [("times", pa.list_(pa.int64())), ("value", pa.float64())]
    )
    count = 0
    part = path.with_suffix(path.suffix + ".part")
    with pq.ParquetWriter(part, schema, compression="zstd", dictionary_pagesize_limit=_DICTIONARY) as writer:
        for image in images:
            found = list(_rows_of(image, seed, per_task, tasks))
            if found:
                writer.write_table(pa.Table.from_pylist(found, schema))
                count += len(found)
    if count == 0:
        part.unlink()
        raise TerraScopeError(
            "No image allows a question by the rules.", "Check the class values: classes of at least 3-5 % are needed."
        )
    part.replace(path)
    return count

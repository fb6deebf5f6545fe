"""Readers of the published benchmark files. Each yields samples one by one, so memory stays bounded.

Here: TerraScope-Bench parquet and LandSat30-AU VQA CSV; `json_readers` has DisasterM3, RSVQA and EarthMind-Bench.
"""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.samples import LETTERS, BenchSample, broken, option_letter

#: Task names of TerraScope-Bench files and their short forms in the paper's tables.
TERRASCOPE_TASKS: dict[str, str] = {
    "coverage_percentage": "CA",
    "coverage_percentage_analysis": "CA",
    "absolute_area": "AQ",
    "absolute_area_quantification": "AQ",
    "comparative_ranking": "CR",
    "comparative_area_ranking": "CR",
    "boundary_detection": "BRD",
    "boundary_relationship": "BRD",
    "boundary_relationship_detection": "BRD",
    "distance_measurement": "DM",
    "distance": "DM",
    "building_change_estimation": "BCE",
    "building_change": "BCE",
}

#: Rows read at once: each may hold pictures of some megabytes.
_BATCH = 16


def need(record: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    """Raise a BenchmarkFileError that says which columns are missing."""
    missing = [name for name in names if name not in record]
    if missing:
        raise BenchmarkFileError(
            f"{where} has no column {', '.join(map(repr, missing))}.",
            f"Columns found: {', '.join(map(str, record))}. Check that the file is the published one.",
        )


def right_letter(value: object, options: tuple[str, ...], where: str) -> str:
    """Return the letter(s) that a file calls right: "B", "b. 45 %", "B, E", or the text of an option.

    Raises
    ------
    BenchmarkFileError
        If it is neither a letter of these options nor one of their texts.
    """
    text = str(value).strip()
    letters = text.replace(".", " ").replace(",", " ").upper().split()
    known = LETTERS[: len(options)]
    if letters and all(len(letter) == 1 and letter in known for letter in letters):
        return "".join(sorted(set(letters)))
    found = option_letter(options, text)
    if found is None and letters and letters[0] in known and len(letters[0]) == 1:
        found = letters[0]
    if found is None:
        raise BenchmarkFileError(
            f"{where}: the right answer {text!r} is none of its {len(options)} options.",
            "Check that the row is whole; leave it out if the published file has it so.",
        )
    return found


def _options(value: object, where: str) -> tuple[str, ...]:
    """Options from a dict, a JSON string of a dict, or a list; letters give the order, absent letters are skipped."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise BenchmarkFileError(
                f"{where}: candidates are not JSON: {str(value)[:60]!r}.", "Expected {'A': ...}."
            ) from error
    if isinstance(value, Mapping):
        return tuple(str(value[letter]) for letter in LETTERS if value.get(letter) is not None)
    if isinstance(value, (list, tuple)):
        return tuple(map(str, value))
    raise BenchmarkFileError(
        f"{where}: candidates are {type(value).__name__}.", "Expected a dict, its JSON, or a list."
    )


def read_terrascope_bench(path: Path) -> Iterator[BenchSample]:
    """Yield the samples of a TerraScope-Bench parquet file, with truth masks where the file has a `masks` column.

    Further columns of files made by `terrascope bench build`: `id`, `image2`, `image3`, `image4`, `roles`, `times`,
    `gsd_m`.

    Raises
    ------
    BenchmarkFileError
        If the file is not parquet or lacks a published column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BenchmarkFileError(f"{path.name} cannot be read as parquet: {error}.", "Download it again.") from error
    with file:
        names = file.schema_arrow.names
        need(dict.fromkeys(names), ("image", "question", "candidates", "answer", "task_type"), path.name)
        index = 0
        for batch in file.iter_batches(batch_size=_BATCH):
            for row in range(batch.num_rows):  # one row at a time as Python objects: pictures are large
                yield _terrascope_sample(batch.slice(row, 1).to_pylist()[0], index, path.name)
                index += 1


def _terrascope_sample(row: Mapping[str, Any], index: int, name: str) -> BenchSample:
    where = f"{name}, sample {index}"
    images = row["image"] if isinstance(row["image"], list) else [row["image"]]
    images += [row[key] for key in ("image2", "image3", "image4") if row.get(key) is not None]
    data = tuple(each["bytes"] if isinstance(each, Mapping) else each for each in images)
    masks = row.get("masks")
    sample_id = str(row.get("id") or index)
    task = TERRASCOPE_TASKS.get(str(row["task_type"]).lower(), str(row["task_type"]))
    try:
        options = _options(row["candidates"], where)
        truth = right_letter(row["answer"], options, where)
    except BenchmarkFileError as error:
        return broken(sample_id, task, str(row["question"]), str(error))
    return BenchSample(
        sample_id=sample_id,
        task=task,
        question=str(row["question"]),
        options=options,
        truth=truth,
        image_bytes=data,
        roles=tuple(row.get("roles") or ("optical",) * len(data)),
        times=tuple(row.get("times") or ()),
        masks=json.loads(masks) if isinstance(masks, str) and masks else {},
        gsd_m=row.get("gsd_m"),
    )


def read_landsat30_au(path: Path, images: Path | None = None) -> Iterator[BenchSample]:
    """Yield the questions of a LandSat30-AU VQA CSV. Options are a Python repr; the answer is an option's text.

    `None` is an answer in this file ("How many rivers?"): the file is read as text, never with NaN detection.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            where = f"{path.name}, line {number}"
            need(row, ("image_path", "question", "question_type", "options", "answer", "qa_id"), where)
            kind = row["question_type"] or ""
            short = kind[kind.rfind("(") + 1 : -1] if kind.endswith(")") else kind
            try:
                options = tuple(map(str, ast.literal_eval(row["options"])))
            except (ValueError, SyntaxError, TypeError):
                yield broken(row["qa_id"], short, row["question"], f"{where}: its options are not a list.")
                continue
            truth = option_letter(options, row["answer"] or "")
            if truth is None:
                problem = f"{where}: answer {row['answer']!r} is none of its options."
                yield broken(row["qa_id"], short, row["question"], problem)
                continue
            image = row["image_path"]
            yield BenchSample(
                sample_id=row["qa_id"],
                task=short,
                question=row["question"],
                options=options,
                truth=truth,
                images=(str(images / image) if images else image,),
                gsd_m=30.0,
            )

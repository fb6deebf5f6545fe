"""Readers of the published benchmark files. Each yields samples one by one, so memory stays bounded.

Layouts: TerraScope-Bench parquet, LandSat30-AU VQA CSV, DisasterM3 `benchmark_release.json`, RSVQA `*_qa.json`.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from terrascope.bench.samples import LETTERS, BenchSample, letter_of
from terrascope.errors import TerraScopeError

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


class BenchmarkFileError(TerraScopeError):
    """A benchmark file does not have the published layout."""

    code = "benchmark"


def _need(record: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    missing = [name for name in names if name not in record]
    if missing:
        raise BenchmarkFileError(
            f"{where} has no column {', '.join(map(repr, missing))}.",
            f"Columns found: {', '.join(map(str, record))}. Check that the file is the published one.",
        )


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
    _need(dict.fromkeys(file.schema_arrow.names), ("image", "question", "candidates", "answer", "task_type"), path.name)
    index = 0
    for batch in file.iter_batches(batch_size=16):
        for row in batch.to_pylist():
            where = f"{path.name}, sample {index}"
            images = row["image"] if isinstance(row["image"], list) else [row["image"]]
            data = tuple(i["bytes"] if isinstance(i, Mapping) else i for i in images)
            if row.get("image2") is not None:
                second = row["image2"]
                data += (second["bytes"] if isinstance(second, Mapping) else second,)
            masks = row.get("masks")
            task = str(row["task_type"])
            yield BenchSample(
                sample_id=str(row.get("id", index)),
                task=TERRASCOPE_TASKS.get(task.lower(), task),
                question=str(row["question"]),
                options=_options(row["candidates"], where),
                truth=str(row["answer"]).strip().upper()[:1],
                image_bytes=data,
                roles=tuple(row.get("roles") or ("optical",) * len(data)),
                masks=json.loads(masks) if isinstance(masks, str) and masks else {},
                gsd_m=row.get("gsd_m"),
            )
            index += 1


def read_landsat30_au(path: Path, images: Path | None = None) -> Iterator[BenchSample]:
    """Yield the questions of a LandSat30-AU VQA CSV. Options are a Python repr; the answer is an option's text.

    `None` is an answer in this file ("How many rivers?"): the file is read as text, never with NaN detection.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            where = f"{path.name}, line {number}"
            _need(row, ("image_path", "question", "question_type", "options", "answer", "qa_id"), where)
            try:
                options = tuple(map(str, ast.literal_eval(row["options"])))
            except (ValueError, SyntaxError) as error:
                raise BenchmarkFileError(f"{where}: options {row['options'][:60]!r} are not a list.") from error
            truth = letter_of(options, row["answer"])
            if truth is None:
                raise BenchmarkFileError(f"{where}: answer {row['answer']!r} is none of its options.")
            kind = row["question_type"]
            short = kind[kind.rfind("(") + 1 : -1] if kind.endswith(")") else kind
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


def read_disasterm3(path: Path, images: Path | None = None, *, paper_only: bool = False) -> Iterator[BenchSample]:
    """Yield DisasterM3 questions. Paths in the file have backslashes; `paper_only` keeps what the paper counts.

    The paper's column BDC is the task 'Building Damage Counting' on optical pairs.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BenchmarkFileError(f"{path.name} is not JSON: {error}.", "Use benchmark_release.json.") from error
    for number, record in enumerate(records):
        where = f"{path.name}, record {number}"
        _need(record, ("pre_image_path", "post_image_path", "prompts", "ground_truth_option", "task"), where)
        kind = str(record.get("post_image_type", "Optical"))
        if paper_only and kind.lower() != "optical":
            continue
        paths = [str(record[key]).replace("\\", "/") for key in ("pre_image_path", "post_image_path")]
        task = str(record["task"])
        short = {"building damage counting": "BDC"}.get(task.lower(), "DRE" if "road" in task.lower() else task)
        yield BenchSample(
            sample_id=str(record.get("id", number)),
            task=short,
            question=str(record["prompts"] if isinstance(record["prompts"], str) else record["prompts"][0]),
            options=tuple(map(str, record.get("options_list", ()))),
            truth=str(record["ground_truth_option"]).strip().upper()[:1],
            images=tuple(str(images / p) if images else p for p in paths),
            roles=("optical", "sar" if kind.lower() == "sar" else "optical"),
        )


def _metres(value: object) -> float | None:
    """A resolution such as 0.15, "10m" or "15 cm" in metres; None where there is none."""
    match = re.fullmatch(r"\s*([\d.]+)\s*(m|cm)?\s*", str(value))
    return None if match is None else float(match[1]) * (0.01 if match[2] == "cm" else 1.0)


def read_rsvqa(path: Path, images: Path | None = None) -> Iterator[BenchSample]:
    """Yield RSVQA questions from a `*_qa.json` list of {image, type, question, answer}; open answers, no options."""
    for number, record in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        _need(record, ("image", "question", "answer"), f"{path.name}, record {number}")
        image = str(record["image"])
        yield BenchSample(
            sample_id=str(number),
            task=str(record.get("type", "all")),
            question=str(record["question"]),
            options=(),
            truth=str(record["answer"]),
            images=(str(images / image) if images else image,),
            gsd_m=_metres(record.get("res")),
        )

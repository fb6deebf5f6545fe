"""Readers of benchmarks that are JSON lists of text records: DisasterM3, RSVQA, EarthMind-Bench."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.readers import need, right_letter
from terrascope_lab.bench.samples import BenchSample, Picture, broken

_LETTERED = re.compile(r"(?:^|[\s,;])([A-J])\.\s*(.*?)(?=[\s,;]+[B-J]\.\s|$)", re.DOTALL)
_LETTER_PREFIX = re.compile(r"^\s*\(?[A-J][.):]\s*")
#: EarthMind-Bench's tasks as its evaluation names them.
EARTHMIND_TASKS: tuple[str, ...] = (
    "scene_classification",
    "object_counting",
    "spatial_relationship",
    "object_existence",
    "hallucination_detection",
)


def _records(path: Path, keys: tuple[str, ...] = ()) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BenchmarkFileError(f"{path.name} is not JSON: {error}.", "Use the published file.") from error
    if isinstance(found, dict):
        found = next((found[key] for key in keys if isinstance(found.get(key), list)), None)
    if not isinstance(found, list):
        raise BenchmarkFileError(f"{path.name} holds no list of questions.", "Use the published file.")
    for number, record in enumerate(found):
        if not isinstance(record, Mapping):
            raise BenchmarkFileError(f"{path.name}, record {number} is {type(record).__name__}, not an object.")
    return found


def _choice(
    sample_id: str,
    task: str,
    question: str,
    options: tuple[str, ...],
    answer: object,
    where: str,
    *,
    images: tuple[Picture, ...],
    roles: tuple[str, ...],
    times: tuple[int, ...],
) -> BenchSample:
    """A multiple-choice sample; a broken one where its answer is none of its options."""
    try:
        truth = right_letter(answer, options, where)
    except BenchmarkFileError as error:
        return broken(sample_id, task, question, str(error))
    return BenchSample(sample_id, task, question, options, truth, images=images, roles=roles, times=times)


def _within(images: Path | None, name: str) -> str:
    name = name.replace("\\", "/")
    return str(images / name) if images else name


def read_disasterm3(path: Path, images: Path | None = None, *, paper_only: bool = False) -> Iterator[BenchSample]:
    """Yield DisasterM3 questions. Paths in the file have backslashes; `paper_only` keeps what the paper counts.

    The paper's column BDC is the task 'Building Damage Counting' on optical pairs, DRE 'Damaged Road Estimation'.
    Some questions have several right letters ("B, E, F"): all of them must be chosen.
    """
    for number, record in enumerate(_records(path)):
        where = f"{path.name}, record {number}"
        need(record, ("pre_image_path", "post_image_path", "prompts", "ground_truth_option", "task"), where)
        kind = str(record.get("post_image_type", "Optical")).lower()
        if paper_only and kind != "optical":
            continue
        task = str(record["task"])
        short = {"building damage counting": "BDC"}.get(task.lower(), "DRE" if "road" in task.lower() else task)
        options = tuple(map(str, record.get("options_list") or _lettered(str(record.get("options_str", "")))))
        sample_id = str(record.get("id", number))
        question = str(record["prompts"] if isinstance(record["prompts"], str) else record["prompts"][0])
        yield _choice(
            sample_id,
            short,
            question,
            options,
            record["ground_truth_option"],
            where,
            images=tuple(_within(images, str(record[key])) for key in ("pre_image_path", "post_image_path")),
            roles=("optical", "sar" if kind == "sar" else "optical"),
            times=(0, 1),
        )


def _lettered(text: str) -> list[str]:
    """Options of a text such as "A. 9, B. 1, C. none"."""
    return [match.group(2).strip() for match in _LETTERED.finditer(text)]


def _metres(value: object) -> float | None:
    """A resolution such as 0.15, "10m" or "15 cm" in metres; None where there is none."""
    match = re.fullmatch(r"\s*([\d.]+)\s*(m|cm)?\s*", str(value))
    return None if match is None else float(match[1]) * (0.01 if match[2] == "cm" else 1.0)


def read_rsvqa(path: Path, images: Path | None = None) -> Iterator[BenchSample]:
    """Yield RSVQA questions; open answers, no options.

    Two layouts: a list of {image, type, question, answer, res}, and the published low-resolution files
    `*_questions.json` ({"questions": [{id, img_id, type, question, answers_ids, active}]}) with `*_answers.json`
    beside it and pictures `<img_id>.tif` of 10 m.
    """
    answers_path = path.with_name(path.name.replace("questions", "answers"))
    published = answers_path != path
    answers: dict[object, str] = {}
    if published:
        if not answers_path.is_file():
            raise BenchmarkFileError(f"{path.name} has no {answers_path.name} beside it.", "Put both in one folder.")
        answers = {
            record["id"]: str(record.get("answer")) for record in _records(answers_path, ("answers",)) if "id" in record
        }
    for number, record in enumerate(_records(path, ("questions",))):
        where = f"{path.name}, record {number}"
        if published:
            if not record.get("active", True):
                continue
            need(record, ("id", "img_id", "question", "answers_ids"), where)
            ids = [each for each in record["answers_ids"] if each in answers]
            if not ids:
                problem = f"{where}: none of its answers {record['answers_ids']} is in {answers_path.name}."
                yield broken(str(record["id"]), str(record.get("type", "all")), str(record["question"]), problem)
                continue
            image, truth, sample_id, gsd = f"{record['img_id']}.tif", answers[ids[0]], record["id"], 10.0
        else:
            need(record, ("image", "question", "answer"), where)
            image, truth, sample_id = str(record["image"]), str(record["answer"]), number
            gsd = _metres(record.get("res")) or 0.0
        yield BenchSample(
            sample_id=str(sample_id),
            task=str(record.get("type", "all")),
            question=str(record["question"]),
            options=(),
            truth=truth,
            images=(_within(images, image),),
            gsd_m=gsd or None,
        )


def read_earthmind(path: Path, images: Path | None = None) -> Iterator[BenchSample]:
    """Yield the multiple-choice questions of EarthMind-Bench.

    The file is a list of {file_name, question, candidate, answer, task_type}.

    Pictures below `images`: `sar/img/NAME.png` with `rgb/img/NAME.png`, or with the Sentinel-2 bands
    `ms/img/NAME_Bxx.tif`. A candidate is "A. text" or text; the answer is a candidate, its text or its letter.
    """
    for number, record in enumerate(_records(path)):
        where = f"{path.name}, record {number}"
        need(record, ("file_name", "question", "candidate", "answer"), where)
        given = [str(each) for each in record["candidate"]]
        options = tuple(_LETTER_PREFIX.sub("", each) for each in given)
        answer = str(record["answer"])
        plain = answer if len(answer.strip()) <= 2 else _LETTER_PREFIX.sub("", answer)
        task = str(record.get("task_type") or path.stem)
        task = next((name for name in EARTHMIND_TASKS if name in task or name in path.stem), task)
        sample_id, question = f"{path.stem}/{number}", str(record["question"])
        yield _choice(
            sample_id,
            task,
            question,
            options,
            plain,
            where,
            images=_pair(images, Path(str(record["file_name"]).replace("\\", "/"))),
            roles=("optical", "sar"),
            times=(0, 0),
        )


def _pair(images: Path | None, name: Path) -> tuple[Picture, Picture]:
    """The optical picture (one file, or its band files) and the SAR picture of a name."""
    stem = str(name.with_suffix("")) if name.suffix.lower() in (".json", ".png", ".tif") else str(name)
    root = images or Path()
    optical: Picture = str(root / "rgb/img" / f"{stem}.png")
    if images is not None and not Path(str(optical)).exists():
        bands = sorted((images / "ms/img").glob(f"{glob.escape(stem)}_B*.tif"))
        optical = tuple(map(str, bands)) or optical
    return optical, str(root / "sar/img" / f"{stem}.png")

"""The results file of a run: one JSON line a sample, and beside it what the run was."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from terrascope_lab.bench.errors import BenchmarkFileError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SampleResult:
    """What a network answered to one sample.

    Attributes
    ----------
    truth, choice
        Right and chosen letters; for open questions the texts.
    letter
        What the paper's rule reads from the answer: the first capital letter that stands alone, None without one.
    mask_iou
        Mean over the sample's truth masks of the best IoU that a mask of the trace has with it; None without.
    confidence, mask_confidence
        The network's confidence in the answer, and in the least certain of its masks; None where it gives none.
    uncertain
        The network says of itself that the answer is uncertain; None where it says nothing of that kind.
    abstained
        It says that it cannot tell.
    error
        What went wrong (a corrupt image, say): the sample counts as wrong, never as left out.
    steps
        Masks of the trace: label, view, confidence, IoU with the best-fitting truth, COCO RLE.
    """

    sample_id: str
    task: str
    truth: str
    choice: str | None
    answer: str = ""
    letter: str | None = None
    mask_iou: float | None = None
    confidence: float | None = None
    mask_confidence: float | None = None
    uncertain: bool | None = None
    abstained: bool = False
    error: str = ""
    seconds: float = 0.0
    steps: tuple[Mapping[str, object], ...] = ()

    @property
    def right(self) -> bool:
        """Whether the chosen letter is the true one."""
        return not self.error and self.choice is not None and self.choice == self.truth

    @property
    def right_by_letter(self) -> bool:
        """Whether it is right by the paper's rule."""
        return not self.error and self.letter is not None and self.letter == self.truth

    def to_dict(self) -> dict[str, object]:
        """Fields as JSON-able values."""
        return asdict(self)


_KNOWN = frozenset(field.name for field in fields(SampleResult))


def iterate_results(path: Path) -> Iterator[SampleResult]:
    """Yield the results of a file, one at a time; a line that was cut off by a killed process is left out.

    Raises
    ------
    BenchmarkFileError
        If a line is JSON and no result.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                yield SampleResult(**{key: value for key, value in record.items() if key in _KNOWN})
            except json.JSONDecodeError:
                log.warning("%s: the unfinished line %d is left out", path.name, number)
            except (TypeError, AttributeError) as error:
                raise BenchmarkFileError(
                    f"{path.name}, line {number} is no result of a benchmark: {error}.", "Choose another folder."
                ) from error


def drop_cut_line(path: Path) -> None:
    """Take off a last line that has no end (its process was killed), so that the next one stands alone."""
    if not path.exists():
        return
    with path.open("rb+") as stream:
        size = stream.seek(0, 2)
        tail = b""
        while size > 0 and b"\n" not in tail:
            step = min(4096, size)
            size -= step
            stream.seek(size)
            tail = stream.read(step) + tail
        keep = size + tail.rfind(b"\n") + 1
        stream.truncate(keep)


def hold_to(folder: Path, description: Mapping[str, object]) -> None:
    """Write what a run is to `run.json`, or, where it goes on, refuse to mix it with another one.

    Raises
    ------
    BenchmarkFileError
        If the folder holds results of another network, file or setting.
    """
    path = folder / "run.json"
    if path.exists() and (folder / "results.jsonl").exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            before = {}
        differing = [key for key in description if before.get(key) != description[key]]
        if before and differing:
            key = differing[0]
            raise BenchmarkFileError(
                f"{folder} holds results of another run: its {key} was {before.get(key)!r}, now it is "
                f"{description[key]!r}.",
                "Choose another folder with --out, or delete that one.",
            )
    path.write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

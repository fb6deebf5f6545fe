"""A benchmark run survives a corrupt picture, a killed process and an answer in another script, at any length."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from terrascope.masks.rle import encode
from terrascope.process_memory import own_peak_mb
from terrascope_lab.bench.ask import Asker, mean_iou, truth_of
from terrascope_lab.bench.blind import blind_baselines
from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.results import SampleResult, hold_to, iterate_results
from terrascope_lab.bench.run import run
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.scoring import score
from terrascope_lab.bench.selective import certainty
from tests.backend.reasoning.scripted import ScriptedNetwork, ids_of


@cache
def picture(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def sample(number: int, **changes: object) -> BenchSample:
    return replace(first_sample(), sample_id=f"s{number}", **changes)


@cache
def first_sample() -> BenchSample:
    truth = np.zeros((64, 64), bool)
    truth[:32] = True
    return BenchSample(
        "s0", "CA", "How much is water?", ("10 %", "50 %", "70 %", "90 %"), "B", (), (picture(),), ("optical",),
        (), {"water": dict(encode(truth))}, 10.0,
    )  # fmt: skip


def nothing(scene: object, prompt: object) -> None:
    """No evidence."""


def asker(answer: str = "50 %", oracle_masks: bool = False) -> Asker:
    network = ScriptedNetwork(ids_of(f"<think>the water [SEG]</think><answer>{answer}</answer><|im_end|>"))
    return Asker(network, nothing, oracle_masks=oracle_masks)


def results_of(samples: list[BenchSample], path: Path, answer: str = "50 %", **options: object) -> list[SampleResult]:
    run(samples, partial(asker, answer, **options), path)
    return list(iterate_results(path))


def test_a_corrupt_picture_costs_one_sample(tmp_path: Path):
    whole = picture()
    bad = [(b"not a picture",), (whole[:200],), (b"",), ()]
    samples = [sample(0), *(sample(i + 1, image_bytes=data) for i, data in enumerate(bad)), sample(9)]
    samples.append(sample(10, image_bytes=(), images=(str(tmp_path / "none.png"),)))
    results = results_of(samples, tmp_path / "r.jsonl")
    assert [r.right for r in results] == [True, False, False, False, False, True, False]
    assert all(r.error for r in results[1:5]) and "none.png does not exist" in results[6].error
    assert score(results).errors == 5


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path):
    path = tmp_path / "r.jsonl"
    run([sample(0), sample(1)], asker, path)
    with path.open("a") as stream:
        stream.write('{"sample_id": "s2", "ta')
    asked: list[int] = []
    again = run([sample(i) for i in range(4)], asker, path, progress=lambda number, result: asked.append(number))
    assert asked == [2, 3] and again == 2
    assert sorted(r.sample_id for r in iterate_results(path)) == ["s0", "s1", "s2", "s3"]
    assert all(json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.parametrize("cut", [0, 1, 7, 40, 10_000])
def test_a_results_file_may_be_cut_anywhere(tmp_path: Path, cut: int):
    path = tmp_path / "r.jsonl"
    samples = [sample(i) for i in range(3)]
    run(samples, asker, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(0, len(whole) - cut)])
    run(samples, asker, path)
    assert sorted(r.sample_id for r in iterate_results(path)) == ["s0", "s1", "s2"]


def test_two_workers_give_what_one_gives(tmp_path: Path):
    samples = [sample(i, image_bytes=(picture(i % 3),)) for i in range(12)]
    samples[5] = sample(5, image_bytes=(b"broken",))
    alone, together = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    run(samples, asker, alone)
    run(iter(samples), asker, together, workers=2)

    def facts(path: Path) -> list[dict[str, object]]:
        found = sorted(iterate_results(path), key=lambda result: result.sample_id)
        return [{**result.to_dict(), "seconds": 0, "error": bool(result.error)} for result in found]

    assert facts(alone) == facts(together)
    assert len(facts(alone)) == 12


def test_a_worker_that_dies_is_said_and_what_was_answered_stays(tmp_path: Path):
    with pytest.raises(BenchmarkFileError, match="worker processes ended"):
        run([sample(0)], dies, tmp_path / "r.jsonl", workers=2)


def dies() -> Asker:
    """Ends its process."""
    raise SystemExit(3)


@pytest.mark.parametrize("answer", ["答案是水", "Wasser", "", "🌊" * 50, "E", "Ответ: вода", "الماء", "\u0000\ufffd"])
def test_an_answer_that_is_no_option_is_wrong_and_nothing_worse(tmp_path: Path, answer: str):
    (result,) = results_of([sample(0)], tmp_path / "r.jsonl", answer)
    assert not result.right and not result.error


@pytest.mark.parametrize("answer", ["B", "B. 50 %", "50 Prozent", "The answer is B", "５０ %"])
def test_the_right_option_is_known_in_many_forms(tmp_path: Path, answer: str):
    (result,) = results_of([sample(0)], tmp_path / "r.jsonl", answer)
    assert result.right


def test_several_right_letters_must_all_be_chosen(tmp_path: Path):
    both = sample(0, options=("a", "b", "c"), truth="AC")
    assert results_of([both], tmp_path / "1.jsonl", "A, C")[0].right
    assert not results_of([both], tmp_path / "2.jsonl", "A")[0].right
    assert not results_of([both], tmp_path / "3.jsonl", "A, B, C")[0].right


def test_oracle_masks_are_the_truth(tmp_path: Path):
    (result,) = results_of([sample(0)], tmp_path / "r.jsonl", oracle_masks=True)
    assert result.mask_iou == 1.0
    assert [(step["label"], step["iou"]) for step in result.steps] == [("water", 1.0)]


def test_truth_masks_follow_a_picture_that_is_looked_at_smaller():
    truth = truth_of(sample(0), (16, 32))["water"]
    assert truth.shape == (16, 32) and truth[:8].all() and not truth[8:].any()


def test_mean_iou_takes_the_best_mask_of_the_trace():
    truth = np.zeros((4, 4), bool)
    truth[:2] = True
    half = np.zeros((4, 4), bool)
    half[:1] = True
    assert mean_iou({"a": truth}, [~truth, half]) == 0.5
    assert mean_iou({"a": truth, "b": ~truth}, [truth]) == 0.5
    assert mean_iou({"a": truth}, []) == 0.0


def test_results_of_two_runs_are_not_mixed(tmp_path: Path):
    hold_to(tmp_path, {"network": "a", "data": "x"})
    (tmp_path / "results.jsonl").write_text("")
    hold_to(tmp_path, {"network": "a", "data": "x"})
    with pytest.raises(BenchmarkFileError, match=r"its network was 'a', now it is 'b'.*--out"):
        hold_to(tmp_path, {"network": "b", "data": "x"})


def many(count: int) -> Iterator[BenchSample]:
    """Samples with a picture of their own each, made as they are asked for."""
    for number in range(count):
        yield sample(number, task=("CA", "AQ")[number % 2], image_bytes=(bytes(20_000) + number.to_bytes(4, "big"),))


class ConstantAsker(Asker):
    """Answers B without looking: ten thousand samples in seconds."""

    def ask(self, sample: BenchSample) -> SampleResult:
        return SampleResult(sample.sample_id, sample.task, sample.truth, "B", "50 %", "B", 0.5, 0.9, 0.8)


def constant() -> Asker:
    """Make one."""
    return ConstantAsker(ScriptedNetwork("B"), nothing)


def test_ten_thousand_samples_in_bounded_memory(tmp_path: Path):
    path = tmp_path / "r.jsonl"

    def peak(count: int) -> float:
        run(many(count), constant, path)
        score(iterate_results(path))
        certainty(iterate_results(path))
        blind_baselines(many(count))
        return own_peak_mb() or 0.0

    before = peak(200)
    grown = peak(10_000) - before
    assert score(iterate_results(path)).micro.count == 10_000
    assert grown < 40, f"{grown:.0f} MB more for pictures of 200 MB"

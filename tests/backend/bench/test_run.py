"""A benchmark run survives a corrupt picture, a killed process and an answer in another script."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from terrascope.bench.folders import labelled_images, parse_classes
from terrascope.bench.run import mean_iou, read_results, run
from terrascope.bench.samples import BenchSample
from terrascope.bench.scoring import score
from terrascope.errors import TerraScopeError
from terrascope.masks.rle import encode
from tests.backend.reasoning.scripted import ScriptedNetwork, ids_of


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def sample(number: int, **changes: object) -> BenchSample:
    truth = np.zeros((64, 64), bool)
    truth[:32] = True
    base = BenchSample(
        f"s{number}", "CA", "How much is water?", ("10 %", "50 %", "70 %", "90 %"), "B", (), (picture(),), ("optical",),
        {"water": dict(encode(truth))}, 10.0,
    )  # fmt: skip
    return replace(base, **changes)


def network(answer: str = "50 %") -> ScriptedNetwork:
    return ScriptedNetwork(ids_of(f"<think>the water [SEG]</think><answer>{answer}</answer><|im_end|>"))


def test_a_corrupt_picture_costs_one_sample(tmp_path: Path):
    samples = [sample(0), sample(1, image_bytes=(b"not a picture",)), sample(2)]
    results = run(samples, network(), tmp_path / "r.jsonl", evidence_for=lambda scene: None)
    assert [r.right for r in results] == [True, False, True]
    assert "cannot be read" in results[1].error or results[1].error
    assert score(results).errors == 1


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path):
    path = tmp_path / "r.jsonl"
    run([sample(0), sample(1)], network(), path, evidence_for=lambda scene: None)
    with path.open("a") as stream:
        stream.write('{"sample_id": "s2", "ta')
    asked: list[int] = []
    results = run(
        [sample(i) for i in range(4)], network(), path, evidence_for=lambda scene: None,
        progress=lambda number, result: asked.append(number),
    )  # fmt: skip
    assert asked == [2, 3]
    assert sorted(r.sample_id for r in results) == ["s0", "s1", "s2", "s3"]
    assert len(read_results(path)) == 4
    assert all(json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.parametrize("answer", ["答案是水", "Wasser", "", "🌊" * 50, "E"])
def test_an_answer_that_is_no_option_is_wrong_and_nothing_worse(tmp_path: Path, answer: str):
    (result,) = run([sample(0)], network(answer), tmp_path / "r.jsonl", evidence_for=lambda scene: None)
    assert not result.right and not result.error


def test_oracle_masks_are_the_truth(tmp_path: Path):
    (result,) = run([sample(0)], network(), tmp_path / "r.jsonl", evidence_for=lambda scene: None, oracle_masks=True)
    assert result.mask_iou == 1.0


def test_mean_iou_takes_the_best_mask_of_the_trace():
    truth = np.zeros((4, 4), bool)
    truth[:2] = True
    half = np.zeros((4, 4), bool)
    half[:1] = True
    assert mean_iou({"a": truth}, [~truth, half]) == 0.5
    assert mean_iou({"a": truth, "b": ~truth}, [truth]) == 0.5
    assert mean_iou({"a": truth}, []) == 0.0


def test_folders_of_pictures_and_labels(tmp_path: Path):
    (tmp_path / "i").mkdir()
    (tmp_path / "m").mkdir()
    (tmp_path / "i/a.png").write_bytes(picture())
    Image.fromarray(np.ones((64, 64), np.uint8)).save(tmp_path / "m/a.png")
    (image,) = labelled_images(tmp_path / "i", tmp_path / "m", parse_classes("1=water,2=tree"), gsd_m=10)
    assert image.valid.all() and image.classes == {1: "water", 2: "tree"}
    Image.fromarray(np.ones((8, 8), np.uint8)).save(tmp_path / "m/a.png")
    with pytest.raises(TerraScopeError, match="8x8"):
        list(labelled_images(tmp_path / "i", tmp_path / "m", {1: "water"}))
    with pytest.raises(TerraScopeError, match="VALUE=NAME"):
        parse_classes("water")

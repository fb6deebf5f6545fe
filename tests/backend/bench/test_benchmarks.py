"""A user can trust the benchmark figures: readers lose nothing, and the paper's table comes out of its own hits."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from PIL import Image

from terrascope.bench.readers import (
    BenchmarkFileError,
    read_disasterm3,
    read_landsat30_au,
    read_rsvqa,
    read_terrascope_bench,
)
from terrascope.bench.scoring import SampleResult, blind_baselines, score, wilson
from terrascope.bench.tables import markdown

COUNTS = {"CA": 855, "AQ": 855, "CR": 855, "BRD": 855, "DM": 129, "BCE": 288}
PAPER = {"CA": 73.2, "AQ": 70.2, "CR": 71.8, "BRD": 80.0, "DM": 65.9, "BCE": 52.1}


def paper_results():
    for task, count in COUNTS.items():
        hits = round(PAPER[task] / 100 * count)
        for i in range(count):
            yield SampleResult(f"{task}{i}", task, "A", "A" if i < hits else "B")


def test_the_papers_table_comes_out_of_its_own_hits():
    scores = score(paper_results())
    assert {task: round(100 * i.value, 1) for task, i in scores.tasks.items()} == PAPER
    assert round(100 * scores.macro, 1) == 68.9
    assert round(100 * scores.micro.value, 1) == 71.9
    table = markdown(scores)
    assert "**68.9**" in table and "71.9" in table
    assert table.index("| CA ") < table.index("| AQ ") < table.index("| BCE ")


def test_landsat30_au_is_read_whole_and_its_constant_answers_come_out(shared: Path):
    samples = list(read_landsat30_au(shared / "data/landsat30au_vqa/Landsat30-AU-VQA-test.csv"))
    assert len(samples) == 2659
    assert len({s.sample_id for s in samples}) == 2659
    assert len({s.task for s in samples}) == 8
    assert any(s.options[ord(s.truth) - 65] == "None" for s in samples)
    blind = blind_baselines(samples)
    assert {t: round(100 * blind[t].constant_letter.value, 1) for t in ("APR", "COA", "USR")} == {
        "APR": 68.9,
        "COA": 85.6,
        "USR": 84.5,
    }


def png(colour=(10, 20, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("as_struct", [True, False])
def test_terrascope_bench_parquet_in_its_published_variants(tmp_path: Path, as_json: bool, as_struct: bool):
    import pyarrow as pa
    import pyarrow.parquet as pq

    options = {"A": "10 %", "B": "20 %", "C": "30 %", "D": "40 %"}
    row = {
        "image": {"bytes": png(), "path": "a.png"} if as_struct else png(),
        "question": "What share is water?",
        "candidates": json.dumps(options) if as_json else options,
        "answer": "B",
        "task_type": "coverage_percentage",
    }
    pq.write_table(pa.Table.from_pylist([row] * 40), tmp_path / "bench.parquet")
    samples = list(read_terrascope_bench(tmp_path / "bench.parquet"))
    assert len(samples) == 40
    assert samples[0].task == "CA" and samples[0].truth == "B"
    assert samples[0].options == ("10 %", "20 %", "30 %", "40 %")
    assert samples[0].image_bytes[0].startswith(b"\x89PNG")


def test_a_missing_column_is_named(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"image": [png()], "question": ["?"]}), tmp_path / "bad.parquet")
    with pytest.raises(BenchmarkFileError, match="candidates.*answer.*task_type"):
        list(read_terrascope_bench(tmp_path / "bad.parquet"))


def test_not_a_parquet_file_says_so(tmp_path: Path):
    (tmp_path / "x.parquet").write_text("hello")
    with pytest.raises(BenchmarkFileError, match=r"x\.parquet"):
        list(read_terrascope_bench(tmp_path / "x.parquet"))


def test_disasterm3_backslashes_and_sar(tmp_path: Path):
    record = {
        "pre_image_path": "images\\pre\\a.png",
        "post_image_path": "images\\post\\a.png",
        "post_image_type": "SAR",
        "prompts": "How many buildings were destroyed?",
        "options_list": ["9", "1", "3", "4", "5"],
        "options_str": "A. 9, B. 1, C. 3, D. 4, E. 5",
        "ground_truth": "9",
        "ground_truth_option": "A",
        "task": "Building Damage Counting",
    }
    path = tmp_path / "benchmark_release.json"
    path.write_text(json.dumps([record, {**record, "post_image_type": "Optical"}]))
    both = list(read_disasterm3(path, tmp_path))
    assert [s.roles for s in both] == [("optical", "sar"), ("optical", "optical")]
    assert both[0].images == (str(tmp_path / "images/pre/a.png"), str(tmp_path / "images/post/a.png"))
    assert both[0].task == "BDC" and len(both[0].options) == 5
    assert len(list(read_disasterm3(path, paper_only=True))) == 1


def test_rsvqa_real_questions(shared: Path):
    files = sorted((shared / "data/rsvqa_sample").glob("**/*_qa.json"))
    assert files
    for file in files:
        samples = list(read_rsvqa(file))
        assert len(samples) > 100
        assert all(s.truth for s in samples)


def test_mask_quality_of_right_and_wrong_answers():
    generator = random.Random(0)
    results = [
        SampleResult(
            str(i), "CA", "A", "A" if i % 2 else "B", mask_iou=(0.6 if i % 2 else 0.4) + generator.uniform(-0.1, 0.1)
        )
        for i in range(400)
    ]
    scores = score(results)
    assert scores.iou_right == pytest.approx(0.6, abs=0.02)
    assert scores.iou_wrong == pytest.approx(0.4, abs=0.02)
    assert scores.iou_r is not None and scores.iou_r > 0.8


def test_an_error_counts_as_wrong_and_is_reported():
    scores = score([SampleResult("1", "CA", "A", None, error="corrupt image"), SampleResult("2", "CA", "A", "A")])
    assert scores.micro.value == 0.5 and scores.errors == 1


def test_wilson_interval_against_known_values():
    interval = wilson(8, 10)
    assert interval.low == pytest.approx(0.4902, abs=1e-3)
    assert interval.high == pytest.approx(0.9433, abs=1e-3)

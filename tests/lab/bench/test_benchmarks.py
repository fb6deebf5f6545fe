"""A user can trust the benchmark figures: readers lose nothing, and the paper's table comes out of its own hits."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from PIL import Image

from terrascope_lab.bench.blind import blind_baselines
from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.json_readers import read_disasterm3, read_earthmind, read_rsvqa
from terrascope_lab.bench.readers import read_landsat30_au, read_terrascope_bench
from terrascope_lab.bench.results import SampleResult, iterate_results
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.scoring import score, wilson
from terrascope_lab.bench.tables import markdown

COUNTS = {"CA": 855, "AQ": 855, "CR": 855, "BRD": 855, "DM": 129, "BCE": 288}
PAPER = {"CA": 73.2, "AQ": 70.2, "CR": 71.8, "BRD": 80.0, "DM": 65.9, "BCE": 52.1}


def paper_results():
    for task, count in COUNTS.items():
        hits = round(PAPER[task] / 100 * count)
        for i in range(count):
            yield SampleResult(f"{task}{i}", task, "A", "A" if i < hits else "B")


def test_the_papers_table_comes_out_of_its_own_hits(tmp_path: Path):
    file = tmp_path / "results.jsonl"
    file.write_text("".join(json.dumps(result.to_dict()) + "\n" for result in paper_results()))
    scores = score(iterate_results(file))
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
    assert both[0].times == (0, 1)
    assert len(list(read_disasterm3(path, paper_only=True))) == 1


def test_disasterm3_options_as_text_and_several_right_letters(tmp_path: Path):
    record = {
        "pre_image_path": "a.png", "post_image_path": "b.png", "prompts": ["Which roads are damaged?"],
        "options_str": "A. Main Street, B. 5th, Avenue, C. none, D. Ring road", "ground_truth_option": "B, D.",
        "task": "Damaged Road Estimation",
    }  # fmt: skip
    path = tmp_path / "benchmark_release.json"
    path.write_text(json.dumps([record, {**record, "ground_truth_option": "Z"}]))
    whole, damaged = read_disasterm3(path)
    assert whole.options == ("Main Street", "5th, Avenue", "none", "Ring road")
    assert (whole.truth, whole.task, whole.truth_texts) == ("BD", "DRE", ("5th, Avenue", "Ring road"))
    assert "'Z'" in damaged.problem


def test_earthmind_bench_pairs_of_optical_and_sar(tmp_path: Path):
    for folder, name in (("rgb/img", "7.png"), ("sar/img", "7.png"), ("sar/img", "8.png")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_bytes(png())
    (tmp_path / "ms/img").mkdir(parents=True)
    for band in ("B02", "B03", "B04", "B8A"):
        (tmp_path / f"ms/img/8_{band}.tif").write_bytes(png())
    common = {
        "question": "What is here?",
        "candidate": ["A. a port", "B. a field"],
        "task_type": "scene_classification",
    }
    path = tmp_path / "ms_scene_classification_qa.json"
    path.write_text(
        json.dumps(
            [
                {**common, "file_name": "7.json", "answer": "B. a field"},
                {**common, "file_name": "8", "answer": "A"},
                {**common, "file_name": "8", "answer": "a port"},
            ]
        )
    )
    matched, bands, by_text = read_earthmind(path, tmp_path)
    assert matched.images == (str(tmp_path / "rgb/img/7.png"), str(tmp_path / "sar/img/7.png"))
    assert matched.roles == ("optical", "sar") and matched.times == (0, 0)
    assert (matched.truth, matched.task, matched.options) == ("B", "scene_classification", ("a port", "a field"))
    assert len(bands.images[0]) == 4 and bands.truth == "A" and by_text.truth == "A"


def test_rsvqa_low_resolution_as_published(tmp_path: Path):
    questions = [
        {"id": 0, "img_id": 5, "type": "presence", "question": "Is there water?", "answers_ids": [3], "active": True},
        {"id": 1, "active": False},
        {"id": 2, "img_id": 5, "type": "count", "question": "How many?", "answers_ids": [99], "active": True},
    ]
    answers = [{"id": 3, "answer": "yes", "active": True}]
    (tmp_path / "LR_split_test_questions.json").write_text(json.dumps({"questions": questions}))
    with pytest.raises(BenchmarkFileError, match="LR_split_test_answers.json beside it"):
        list(read_rsvqa(tmp_path / "LR_split_test_questions.json"))
    (tmp_path / "LR_split_test_answers.json").write_text(json.dumps({"answers": answers}))
    first, lost = read_rsvqa(tmp_path / "LR_split_test_questions.json", tmp_path)
    assert (first.truth, first.task, first.gsd_m) == ("yes", "presence", 10.0)
    assert first.images == (str(tmp_path / "5.tif"),)
    assert "[99]" in lost.problem


def test_one_damaged_row_is_counted_and_the_others_are_read(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    good = {"image": png(), "question": "?", "candidates": '{"A": "1", "B": "2"}', "answer": "B", "task_type": "CA"}
    table = pa.Table.from_pylist([good, {**good, "candidates": "{"}, {**good, "answer": "Q"}, good])
    pq.write_table(table, tmp_path / "x.parquet")
    samples = list(read_terrascope_bench(tmp_path / "x.parquet"))
    assert [bool(sample.problem) for sample in samples] == [False, True, True, False]
    assert "not JSON" in samples[1].problem and "'Q'" in samples[2].problem


def test_a_question_that_gives_its_answer_away_is_found_by_the_question_only_baseline():
    def sample(number: int, letter: str, options: tuple[str, ...]) -> BenchSample:
        return BenchSample(f"{number}/CA", "CA", "How much?", options, letter)

    options = ("10 %", "20 %", "30 %", "40 %")
    middle = [sample(i, "BC"[i % 2], (*options[1:3], *options[::3]) if i % 2 else options) for i in range(200)]
    fair = [sample(i, "ABCD"[(i * 7919) % 4], options) for i in range(200)]
    told = [sample(i, "ABCD"[i % 4], tuple("yes" if k == i % 4 else f"no {k}" for k in range(4))) for i in range(200)]
    assert blind_baselines(told)["CA"].question_only.value > 0.95
    assert blind_baselines(fair)["CA"].question_only.value < 0.4
    assert blind_baselines(middle)["CA"].random == 0.25


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

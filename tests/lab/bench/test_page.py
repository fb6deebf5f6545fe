"""The page of a run shows its figures, its best and its worst answers, and nothing of a file is taken for markup."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from terrascope_lab.bench.runner import Benchmark, run_benchmark
from terrascope_lab.bench.variants import AS_TRAINED
from tests.backend.reasoning.scripted import ScriptedNetwork, ids_of
from tests.lab.bench.test_run import sample

EVIL = "<script>alert(1)</script>"


def load() -> ScriptedNetwork:
    return ScriptedNetwork(ids_of("<think>the water [SEG]</think><answer>50 %</answer><|im_end|>"))


def test_a_run_leaves_a_whole_page(tmp_path: Path):
    samples = [
        sample(0), sample(1, truth="A"), sample(2, image_bytes=(b"broken",)), sample(3, question=EVIL, task="AQ"),
        sample(4, truth="C", options=(EVIL, "50 %", "70 %"), task="AQ"),
    ]  # fmt: skip
    benchmark = Benchmark("made", "made.parquet", lambda: iter(samples))
    outcome = run_benchmark(benchmark, load, AS_TRAINED, tmp_path)
    page = (tmp_path / "page.html").read_text()
    assert outcome.scores.errors == 1
    assert EVIL not in page and "&lt;script&gt;" in page
    assert page.count("<svg") == 4
    for svg in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")
    assert "data:image/jpeg;base64" in page and "data:image/png;base64" in page
    for kind in ("right", "wrong", "error"):
        assert f'badge {kind}"' in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert {path.name for path in tmp_path.iterdir()} == {"page.html", "results.jsonl", "run.json", "table.md"}


def test_oracle_masks_and_settings_are_part_of_what_a_run_is(tmp_path: Path):
    read = partial(iter, [sample(0)])
    run_benchmark(Benchmark("made", "made.parquet", read), load, AS_TRAINED, tmp_path)
    text = (tmp_path / "run.json").read_text()
    for key in ("weights_sha256", "settings", "selection_cap", "oracle_masks", "per_task"):
        assert f'"{key}"' in text

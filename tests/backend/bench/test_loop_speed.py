"""`terrascope bench loop` measures the real architecture, and what it claims to save is saved."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

from terrascope.bench.loop import add_loop_parser, measure_prefill
from terrascope.bench.random_model import byte_processor, random_model
from terrascope.networks.full.session import FullNetwork

pytestmark = pytest.mark.torch


def test_it_prints_how_often_an_image_was_encoded_both_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_loop_parser(parser.add_subparsers())
    written = tmp_path / "table.md"
    options = parser.parse_args(["loop", "--sam", "tiny", "--masks", "1", "2", "--markdown", str(written)])
    assert options.run(options) == 0
    assert "once a view" in capsys.readouterr().out
    lines = [line.split("|")[1:-1] for line in written.read_text().splitlines() if line.startswith("| tiny")]
    counted = [[cell.strip() for cell in line] for line in lines]
    assert [(line[1], line[2], line[4]) for line in counted] == [("1", "1", "1"), ("2", "2", "1")]


def test_a_second_question_gives_the_same_scores_to_the_bit_for_less() -> None:
    row = measure_prefill(FullNetwork(random_model("tiny"), byte_processor()), "tiny")
    assert row.identical
    assert row.second_seconds < row.first_seconds
    assert row.tokens > 7 * 256

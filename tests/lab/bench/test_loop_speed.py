"""`terrascope bench loop` measures the real architecture, and what it claims to save is saved."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

from terrascope_lab.bench.loop import add_loop_parser

pytestmark = pytest.mark.torch


def test_an_image_is_encoded_once_and_a_second_question_scores_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_loop_parser(parser.add_subparsers())
    written = tmp_path / "table.md"
    options = parser.parse_args(["loop", "--sam", "tiny", "--text", "tiny", "--masks", "2", "--markdown", str(written)])
    assert options.run(options) == 0
    assert "once a view" in capsys.readouterr().out
    lines = [line.split("|")[1:-1] for line in written.read_text().splitlines() if line.startswith("| tiny")]
    assert "to the bit" in written.read_text()
    counted = [[cell.strip() for cell in line] for line in lines]
    assert [(line[1], line[2], line[4]) for line in counted] == [("2", "2", "1")]

"""The benchmark that ships is right, can be made again, and runs from one command."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from terrascope.scene.types import Role, Scale
from terrascope_lab.bench.check import check
from terrascope_lab.bench.cli import add_bench_parsers
from terrascope_lab.bench.made import landscapes
from terrascope_lab.bench.pictures import scene_of
from terrascope_lab.bench.readers import read_terrascope_bench
from terrascope_lab.bench.runner import SMALL

FILE = SMALL


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_bench_parsers(parser.add_subparsers())
    options = parser.parse_args(words)
    return int(options.run(options))


def test_every_answer_of_the_file_is_right_and_it_is_small():
    problems = [problem for _, problem in check(FILE)]
    reference = json.loads(SMALL.with_suffix(".json").read_text())
    assert len(problems) == reference["questions"] and not any(problems)
    assert FILE.stat().st_size < 3_000_000
    tasks = {sample.task for sample in read_terrascope_bench(FILE)}
    assert tasks == {"CA", "AQ", "CR", "BRD", "DM", "FL", "CH"} == set(reference["tasks"])


def test_the_landscapes_are_the_same_each_time():
    one, two = (next(landscapes(optical=1, floods=0, radar=0)) for _ in range(2))
    assert np.array_equal(one.labels, two.labels) and one.images == two.images
    assert 0 < (one.labels == 1).mean() < 0.6


def test_pictures_are_read_as_reflectance_and_decibel():
    views = {}
    for sample in read_terrascope_bench(FILE):
        kind = (sample.roles[0], len(sample.roles))
        if kind not in views:
            views[kind] = scene_of(sample)
    optical, dates, radar = views["optical", 1], views["optical", 2], views["sar", 1]
    assert optical.views[0].scale is Scale.REFLECTANCE and optical.views[0].bands[3] == "nir"
    assert 0.001 < float(np.median(optical.views[0].pixels)) < 0.5
    assert [view.date.year for view in dates.views] == [2000, 2001]
    assert radar.views[0].role is Role.SAR and -40 < float(np.median(radar.views[0].pixels)) < 0


def test_baselines_of_a_file_are_printed_without_a_network(capsys: pytest.CaptureFixture[str]):
    assert command("terrascope-bench", "--data", str(FILE), "--baselines-only") == 0
    printed = capsys.readouterr().out
    assert "question only" in printed and "| CA |" in printed


def test_a_file_is_built_and_checked_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from PIL import Image

    image = next(landscapes(optical=1, floods=0, radar=0))
    for folder in ("pictures", "labels"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pictures/a.tif").write_bytes(image.images[0])
    Image.fromarray(image.labels).save(tmp_path / "labels/a.png")
    out = tmp_path / "built.parquet"
    words = ["build", "--images", str(tmp_path / "pictures"), "--masks", str(tmp_path / "labels"), "--out", str(out)]
    assert command(*words, "--classes", "1=water,2=tree cover,4=cropland", "--tasks", "ca,aq") == 0
    assert command("check", str(out)) == 0
    assert "0 wrong" in capsys.readouterr().out
    assert {sample.task for sample in read_terrascope_bench(out)} == {"CA", "AQ"}
    assert {sample.gsd_m for sample in read_terrascope_bench(out)} == {10.0}

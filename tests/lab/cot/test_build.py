"""Builds: the same files for the same seed, going on after a stop, streaming, parquet, and the command line."""

from __future__ import annotations

import json

import pytest

from terrascope.cli import main
from terrascope_lab.cot.assembly.run import build, plan
from terrascope_lab.cot.assembly.settings import BuildSettings
from terrascope_lab.cot.assembly.worker import part_path, samples, write_pictures
from terrascope_lab.cot.captions.rule_based import RuleCaptioner
from terrascope_lab.cot.check.run import check_files, files_of
from terrascope_lab.cot.formats.json_list import ListWriter, read_list
from terrascope_lab.cot.formats.parquet import read_parquet, write_parquet
from terrascope_lab.cot.readers.registry import SourceSpec
from terrascope_lab.cot.scenes import DataError

from . import made


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = made.folder_set(tmp_path_factory.mktemp("set"), 18)
    return SourceSpec("folder", str(folder), made.CLASSES, 10.0)


def lists(out):
    return {path.name: path.read_text() for path in files_of(out)}


def test_two_processes_make_the_same_files_as_one(source, tmp_path):
    settings = BuildSettings((source,), seed=3)
    one = build(settings, tmp_path / "one", processes=1)
    two = build(settings, tmp_path / "two", processes=2)
    assert lists(tmp_path / "one") == lists(tmp_path / "two")
    assert one.samples == two.samples > 18 * 4
    assert set(one.levels) == {"cap", "l1", "l2_spatial", "l2_semantic"}
    report = check_files(files_of(tmp_path / "two"), tmp_path / "two" / "images", processes=2)
    assert report.samples == two.samples
    assert report.mismatches == []


def test_a_stopped_build_goes_on_where_it_was(source, tmp_path):
    settings = BuildSettings((source,), seed=1)
    build(settings, tmp_path / "whole", processes=1)
    build(settings, tmp_path / "half", processes=1, samples=20)
    first = part_path(tmp_path / "half", 0)
    made_at = first.stat().st_mtime_ns
    build(settings, tmp_path / "half", processes=1)
    assert lists(tmp_path / "half") == lists(tmp_path / "whole")
    assert first.stat().st_mtime_ns == made_at


def test_a_build_with_other_settings_is_not_mixed_in(source, tmp_path):
    build(BuildSettings((source,), seed=1), tmp_path, processes=1, samples=5)
    with pytest.raises(DataError, match=r"other settings \(seed\).*another --out"):
        build(BuildSettings((source,), seed=2), tmp_path, processes=1)


def test_it_stops_at_the_number_asked_for(source, tmp_path):
    report = build(BuildSettings((source,)), tmp_path, processes=1, samples=33)
    assert report.samples == 33 == sum(1 for path in files_of(tmp_path) for _ in read_list(path))


def test_an_unreadable_picture_is_left_out_and_named(tmp_path):
    folder = made.folder_set(tmp_path / "set", 3)
    (folder / "images" / "place1.png").write_bytes(b"not a picture")
    report = build(
        BuildSettings((SourceSpec("folder", str(folder), made.CLASSES, 10.0),)), tmp_path / "out", processes=1
    )
    assert [scene for scene, _ in report.skipped] == ["folder/place1"]
    assert "place1.png" in report.skipped[0][1]


def test_pictures_without_masks_lead_to_the_annotator(tmp_path):
    made.save_png(tmp_path / "set" / "images" / "a.png", made.picture(made.label_map()))
    with pytest.raises(DataError, match="cot annotate"):
        build(BuildSettings((SourceSpec("folder", str(tmp_path / "set")),)), tmp_path / "out", processes=1)


def test_windows_of_one_image_stay_together():
    class Settings:
        seed = 0

        class _Spec:
            @staticmethod
            def open():
                class Reader:
                    @staticmethod
                    def names():
                        return [f"image{i}@{k}_0_1_1" for i in range(30) for k in range(4)]

                return Reader

        sources = (_Spec,)

    names = [name.split("@")[0] for job in plan(Settings) for _, name in job.scenes]
    assert all(names[i] == names[i + 3] for i in range(0, len(names), 4))
    assert names != sorted(names)


def test_a_list_of_any_length_is_read_entry_by_entry(tmp_path):
    path = tmp_path / "list.json"
    with ListWriter(path) as writer:
        for number in range(3000):
            writer.add({"number": number, "text": "ä" * (number % 900)})
    assert len(json.loads(path.read_text())) == 3000
    assert [entry["number"] for entry in read_list(path)] == list(range(3000))
    path.write_text(path.read_text()[:-200])
    with pytest.raises(DataError, match="breaks off in entry 2999"):
        list(read_list(path))


def test_the_commands_build_and_check_json_and_parquet(source, tmp_path, capsys):
    pytest.importorskip("pyarrow")
    given = ["--source", f"folder={source.folder}", "--classes", made.CLASSES, "--gsd", "10"]
    assert (
        main(
            [
                "cot",
                "build",
                *given,
                "--out",
                str(tmp_path),
                "--samples",
                "40",
                "--processes",
                "1",
                "--parquet",
                "--overlays",
            ]
        )
        == 0
    )
    assert "40 samples" in capsys.readouterr().out
    assert list((tmp_path / "overlays").rglob("*.png"))
    for data in (tmp_path, tmp_path / "single.parquet"):
        assert main(["cot", "check", str(data), "--processes", "1"]) == 0
        assert "40 samples checked" in capsys.readouterr().out
    path = tmp_path / "single.json"
    path.write_text(path.read_text().replace("<answer>", "<answer>9", 5))
    assert main(["cot", "check", str(tmp_path), "--processes", "1"]) == 1
    assert "mismatches" in capsys.readouterr().out


@pytest.mark.parametrize("group", ["single", "temporal"])
def test_training_reads_the_parquet_files_with_the_pictures_inside(group, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    record_of = pytest.importorskip("terrascope_lab.training.full.records").record_of
    scene = made.scene(0) if group == "single" else made.pair(0)
    write_pictures(scene, tmp_path / "images")
    entries = samples(scene, BuildSettings(()), RuleCaptioner())
    assert write_parquet(entries, tmp_path / "images", tmp_path / "file.parquet") == len(entries) > 0
    for row, entry in zip(pq.read_table(tmp_path / "file.parquet").to_pylist(), entries):
        found = record_of(row, entry["id"], tmp_path / "nowhere")
        assert len(found.pictures) == (1 if group == "single" else 2)
        mask = found.regions[0].mask(entry["height"], entry["width"], "here")
        assert mask.shape == found.pictures[0].read("here").shape[:2]
    assert list(read_parquet(tmp_path / "file.parquet")) == json.loads(json.dumps(entries))


def test_training_reads_what_is_built(source, tmp_path):
    record_of = pytest.importorskip("terrascope_lab.training.full.records").record_of
    build(BuildSettings((source,)), tmp_path, processes=1, samples=60)
    for entry in read_list(tmp_path / "single.json"):
        found = record_of(entry, entry["id"], tmp_path / "images")
        assert len(found.regions) == len(entry["labels"])
        assert found.pictures[0].read("here").shape[:2] == (entry["height"], entry["width"])

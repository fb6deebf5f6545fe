"""A built benchmark is right by an independent computation, deterministic, and has no option that equals the truth."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from terrascope.errors import TerraScopeError
from terrascope.masks.rle import decode
from terrascope_lab.bench.blind import blind_baselines
from terrascope_lab.bench.build import rows, write
from terrascope_lab.bench.check import check
from terrascope_lab.bench.folders import Folders, labelled_images
from terrascope_lab.bench.labelled import LabelledImage
from terrascope_lab.bench.readers import read_terrascope_bench
from terrascope_lab.bench.xbd import xbd_images
from terrascope_lab.cot.readers.folders import parse_classes

CLASSES = {1: "water", 2: "tree", 3: "crop", 4: "built"}


def labelled(seed: int, size: int = 96) -> LabelledImage:
    generator = np.random.default_rng(seed)
    points = generator.uniform(0, size, (9, 2))
    kinds = generator.integers(0, 5, 9)
    y, x = np.mgrid[0:size, 0:size]
    nearest = ((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2).argmin(-1)
    labels = kinds[nearest].astype(np.uint8)
    after = np.where(np.hypot(y - 40, x - 40) < 20, 1, labels).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(labels * 40).save(buffer, "PNG")
    data = buffer.getvalue()
    valid = (labels > 0) & (after > 0)
    roles, times = ("optical", "sar", "optical"), (0, 0, 1)
    return LabelledImage(
        f"img{seed}", (data, data, data), labels, CLASSES, valid, 10.0, after, roles=roles, times=times
    )


def number(text: str) -> float:
    return float(text.split()[0])


def test_every_answer_is_rederived_from_the_masks_in_the_file(tmp_path: Path):
    path = tmp_path / "bench.parquet"
    count = write([labelled(i) for i in range(60)], path, seed=3)
    samples = list(read_terrascope_bench(path))
    assert len(samples) == count > 200
    seen = set()
    valid = {f"img{i}": labelled(i).valid for i in range(60)}
    for sample in samples:
        seen.add(sample.task)
        truth = sample.options[ord(sample.truth) - 65]
        masks = {name: decode(rle).astype(bool) for name, rle in sample.masks.items()}
        inside = valid[sample.sample_id.split("/")[0]]
        assert len(set(sample.options)) == len(sample.options)
        if sample.task in ("CA", "AQ", "FL", "CH", "DM"):
            if sample.task == "CA":
                (mask,) = masks.values()
                expected = 100 * mask.sum() / inside.sum()
            elif sample.task == "FL":
                expected = 100 * (masks["water after"] & ~masks["water"]).sum() / inside.sum()
            elif sample.task == "CH":
                (before, after) = masks.values()
                lost = "lost" in sample.question or "is not at the second" in sample.question
                expected = 100 * ((before & ~after) if lost else (after & ~before)).sum() / inside.sum()
            elif sample.task == "AQ":
                (mask,) = masks.values()
                expected = mask.sum() * 100.0 * (1e-4 if truth.endswith("ha") else 1)
            else:
                a, b = (np.argwhere(m) for m in masks.values())
                expected = None
                assert cdist(a[::3], b[::3]).min() * 10 + 1e-6 >= 0.5 * number(truth)
            if expected is not None:
                errors = [abs(number(o) - expected) for o in sample.options]
                assert errors.index(min(errors)) == ord(sample.truth) - 65
                assert min(errors) <= 0.051 * max(1, expected)
        elif sample.task == "CR":
            sizes = {name: mask.sum() for name, mask in masks.items()}
            assert truth == max(sizes, key=sizes.get)
        elif sample.task == "BRD":
            a, b = (np.argwhere(m) for m in masks.values())
            assert (truth == "Yes") == bool(cdist(a, b, "chebyshev").min() <= 1)
        dates = 3 if sample.task in ("FL", "CH") else 2
        assert len(sample.image_bytes) == len(sample.roles) == len(sample.times) == dates
    assert seen == {"CA", "AQ", "CR", "BRD", "DM", "FL", "CH"}
    assert [problem for _, problem in check(path)] == [""] * count


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    images = [labelled(i) for i in range(5)]
    assert list(rows(images, 1)) == list(rows(images, 1))
    assert [r["answer"] for r in rows(images, 1)] != [r["answer"] for r in rows(images, 2)]


def test_the_right_letter_is_spread_over_the_options():
    letters = [
        r["answer"] for r in rows([labelled(i) for i in range(60)], 0, 4) if len(json.loads(r["candidates"])) == 4
    ]
    assert all(0.15 < letters.count(letter) / len(letters) < 0.35 for letter in "ABCD")


def test_the_check_finds_a_wrong_answer(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "bench.parquet"
    write([labelled(i) for i in range(8)], path)
    table = pq.read_table(path)
    rows_there = table.to_pylist()
    for row in rows_there:
        letters = list(json.loads(row["candidates"]))
        row["answer"] = letters[(letters.index(row["answer"]) + 1) % len(letters)]
    pq.write_table(pa.Table.from_pylist(rows_there, table.schema), path)
    problems = [problem for _, problem in check(path)]
    assert problems and all(problems)


def test_the_pictures_of_a_place_are_stored_once(tmp_path: Path):
    image = labelled(1)
    noise = np.random.default_rng(0).bytes(400_000)
    heavy = LabelledImage(
        "x", (noise,) * 3, image.labels, CLASSES, image.valid, 10.0, image.labels_after, roles=image.roles,
        times=image.times,
    )  # fmt: skip
    count = write([heavy], tmp_path / "x.parquet", per_task=4)
    assert count >= 10
    assert (tmp_path / "x.parquet").stat().st_size < 4 * 400_000


def test_building_change_from_polygons_by_the_papers_rule(tmp_path: Path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for name, destroyed, total in (("a", 5, 20), ("few", 2, 20), ("small", 4, 9)):
        features = []
        for i in range(total + 1):
            x, y = 10 * (i % 6), 10 * (i // 6)
            square = f"POLYGON (({x} {y}, {x + 6} {y}, {x + 6} {y + 6}, {x} {y + 6}, {x} {y}))"
            state = "un-classified" if i == total else "destroyed" if i < destroyed else "minor-damage"
            features.append({"properties": {"feature_type": "building", "subtype": state}, "wkt": square})
        label = {"features": {"xy": features}, "metadata": {"gsd": 0.5}}
        (tmp_path / f"labels/{name}_post_disaster.json").write_text(json.dumps(label))
        for when in ("pre", "post"):
            Image.new("RGB", (64, 64)).save(tmp_path / f"images/{name}_{when}_disaster.png")
    count = write(xbd_images(tmp_path), tmp_path / "bce.parquet")
    (sample,) = read_terrascope_bench(tmp_path / "bce.parquet")
    assert count == 1 and sample.task == "BCE" and sample.times == (0, 1)
    assert sample.options[ord(sample.truth) - 65] == "25.0 %"
    before, after = (decode(rle) for rle in sample.masks.values())
    assert (before.sum(), after.sum()) == (20 * 36, 15 * 36)
    assert before[0, 0] and not after[0, 0]
    assert [problem for _, problem in check(tmp_path / "bce.parquet")] == [""]


def test_folders_of_pictures_labels_radar_and_a_second_date(tmp_path: Path):
    for name in ("i", "m", "s", "i2", "m2"):
        (tmp_path / name).mkdir()
        mode = "L" if name.startswith("m") else "RGB"
        Image.new(mode, (64, 64), 1 if mode == "L" else (9, 9, 9)).save(tmp_path / name / "a.png")
    folders = Folders(tmp_path / "i", tmp_path / "m", tmp_path / "s", tmp_path / "i2", tmp_path / "m2")
    (image,) = labelled_images(folders, parse_classes("1=water,2=tree"), gsd_m=10)
    assert image.valid.all() and image.classes == {1: "water", 2: "tree"}
    assert image.roles == ("optical", "sar", "optical") and image.times == (0, 0, 1)
    assert image.masks_after()["water"].all()
    Image.fromarray(np.ones((8, 8), np.uint8)).save(tmp_path / "m/a.png")
    with pytest.raises(TerraScopeError, match="8x8"):
        list(labelled_images(Folders(tmp_path / "i", tmp_path / "m"), {1: "water"}))
    with pytest.raises(TerraScopeError, match="VALUE=NAME"):
        parse_classes("water")
    with pytest.raises(TerraScopeError, match="--images-after and --masks-after"):
        Folders(tmp_path / "i", tmp_path / "m", images_after=tmp_path / "i2")


def test_the_options_do_not_tell_which_of_them_is_right(tmp_path: Path):
    path = tmp_path / "bench.parquet"
    write([labelled(i) for i in range(60)], path, seed=1, per_task=4)
    ranks = []
    for sample in read_terrascope_bench(path):
        if sample.task in ("CA", "AQ"):
            values = [number(option) for option in sample.options]
            ranks.append(sorted(values).index(values[ord(sample.truth) - 65]))
    assert all(0.15 < ranks.count(rank) / len(ranks) < 0.35 for rank in range(4))
    blind = blind_baselines(read_terrascope_bench(path))
    assert all(blind[task].question_only.value < 0.4 for task in ("CA", "AQ"))


def test_images_without_labels_are_refused_with_a_way_out(tmp_path: Path):
    image = labelled(0)
    empty = LabelledImage("x", image.images, image.labels * 0, CLASSES, image.valid & False, 10.0)
    with pytest.raises(TerraScopeError, match="No image allows"):
        write([empty], tmp_path / "x.parquet")

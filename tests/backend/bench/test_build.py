"""A built benchmark is right by an independent computation, deterministic, and has no option that equals the truth."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from terrascope.bench.build import LabelledImage, rows, write
from terrascope.bench.readers import read_terrascope_bench
from terrascope.errors import TerraScopeError
from terrascope.masks.rle import decode

CLASSES = {1: "water", 2: "tree", 3: "crop", 4: "built"}


def labelled(seed: int, size: int = 96) -> LabelledImage:
    generator = np.random.default_rng(seed)
    points = generator.uniform(0, size, (9, 2))
    kinds = generator.integers(0, 5, 9)
    y, x = np.mgrid[0:size, 0:size]
    nearest = ((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2).argmin(-1)
    labels = kinds[nearest].astype(np.uint8)
    after = (labels == 1) | (np.hypot(y - 40, x - 40) < 20)
    buffer = io.BytesIO()
    Image.fromarray(labels * 40).save(buffer, "PNG")
    data = buffer.getvalue()
    return LabelledImage(f"img{seed}", (data, data), labels, CLASSES, labels > 0, 10.0, after)


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
        if sample.task in ("CA", "AQ", "FL", "DM"):
            if sample.task == "CA":
                (mask,) = masks.values()
                expected = 100 * mask.sum() / inside.sum()
            elif sample.task == "FL":
                expected = 100 * (masks["water after"] & ~masks["water"]).sum() / inside.sum()
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
    assert seen == {"CA", "AQ", "CR", "BRD", "DM", "FL"}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    images = [labelled(i) for i in range(5)]
    assert list(rows(images, 1)) == list(rows(images, 1))
    assert [r["answer"] for r in rows(images, 1)] != [r["answer"] for r in rows(images, 2)]


def test_the_right_letter_is_spread_over_the_options():
    letters = [
        r["answer"] for r in rows([labelled(i) for i in range(60)], 0, 4) if len(json.loads(r["candidates"])) == 4
    ]
    assert all(0.15 < letters.count(letter) / len(letters) < 0.35 for letter in "ABCD")


def test_images_without_labels_are_refused_with_a_way_out(tmp_path: Path):
    image = labelled(0)
    empty = LabelledImage("x", image.images, image.labels * 0, CLASSES, image.valid & False, 10.0)
    with pytest.raises(TerraScopeError, match="No image allows"):
        write([empty], tmp_path / "x.parquet")

"""Our run-length encoding is byte for byte that of pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.masks import MaskError, rle
from tests.backend.masks.grids import masks


@settings(max_examples=200, deadline=None)
@given(masks(2, 40))
def test_masks_come_back_as_they_were(pair: list[np.ndarray]) -> None:
    one, two = pair
    for compress in (True, False):
        code = rle.encode(one, compress=compress)
        assert np.array_equal(rle.decode(code), one)
        assert rle.area(code) == one.sum()
    union = (one | two).sum()
    expected = (one & two).sum() / union if union else 1.0
    assert rle.iou(rle.encode(one), rle.encode(two, compress=False)) == pytest.approx(expected)


@settings(max_examples=200, deadline=None)
@given(masks(2, 60))
def test_pycocotools_agrees(pair: list[np.ndarray]) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    one, two = (coco.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in pair)
    assert rle.encode(pair[0])["counts"].encode() == one["counts"]
    assert np.array_equal(rle.decode(one), coco.decode(one).astype(bool))
    uncompressed = rle.encode(pair[0], compress=False)
    assert coco.frPyObjects(uncompressed, *uncompressed["size"]) == one
    if pair[0].any() or pair[1].any():
        assert rle.iou(one, two) == pytest.approx(float(coco.iou([one], [two], [0])[0, 0]))


def test_long_runs_of_a_big_mask_agree() -> None:
    coco = pytest.importorskip("pycocotools.mask")
    mask = np.zeros((3000, 2000), np.uint8)
    mask[100:2900, 50] = mask[7, 1990] = 1
    assert rle.encode(mask)["counts"].encode() == coco.encode(np.asfortranarray(mask))["counts"]


@given(st.one_of(st.text(max_size=30), st.binary(max_size=30)), st.integers(0, 9), st.integers(0, 9))
def test_damaged_text_is_refused_and_never_crashes(counts: str | bytes, height: int, width: int) -> None:
    try:
        mask = rle.decode({"size": [height, width], "counts": counts})
    except MaskError:
        return
    assert mask.shape == (height, width)


@pytest.mark.parametrize(
    "code",
    [
        {"size": [2, 2], "counts": [1, 2]},
        {"size": [2, 2], "counts": [5, -1]},
        {"size": [2], "counts": [4]},
        {"size": [2, 2], "counts": None},
        {"counts": [4]},
        {"size": [2, 2], "counts": "0P"},
    ],
)
def test_runs_that_do_not_fit_are_refused(code: dict[str, object]) -> None:
    with pytest.raises(MaskError):
        rle.decode(code)


def test_masks_of_other_sizes_are_not_compared() -> None:
    with pytest.raises(MaskError, match="cannot be compared"):
        rle.iou(rle.encode(np.ones((2, 2))), rle.encode(np.ones((2, 3))))

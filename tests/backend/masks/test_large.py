"""Masks that memory need not hold are worked on in strips and live in files: every result is that of small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from terrascope import large
from terrascope import masks as algebra
from terrascope.errors import SceneError
from terrascope.masks import regions, rle
from terrascope.scene.types import Grid, Role, Scale, Source, View
from tests.backend.masks.grids import degrees, masks, utm


@contextmanager
def limits(strip: int) -> Iterator[None]:
    before = large.KEEP_BYTES, large.STRIP, regions._STRIP
    large.KEEP_BYTES, large.STRIP, regions._STRIP = 0, strip, strip
    try:
        yield
    finally:
        large.KEEP_BYTES, large.STRIP, regions._STRIP = before


def same(one: object, two: object) -> None:
    if is_dataclass(one):
        for each in fields(one):
            same(getattr(one, each.name), getattr(two, each.name))
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, np.asarray(two))
    elif isinstance(one, float):
        assert two == pytest.approx(one, rel=1e-12)
    elif isinstance(one, dict):
        assert two == pytest.approx(one, rel=1e-12)
    else:
        assert one == two


@settings(max_examples=25, deadline=None)
@given(masks(3, 30), st.integers(1, 200), st.sampled_from([degrees, utm]))
def test_results_do_not_depend_on_where_arrays_live(
    three: list[np.ndarray], strip: int, make: Callable[[int, int], Grid]
) -> None:
    one, two, valid = three
    grid = make(one.shape[1], one.shape[0])
    rng = np.random.default_rng(one.sum())
    pixels = rng.random((3, *one.shape), np.float32)
    view = View("v", Role.OPTICAL, None, ("green", "red", "nir"), Scale.REFLECTANCE, pixels, valid, Source("v.tif"))

    def results() -> list[object]:
        return [
            algebra.measure(one, valid, grid, probability=pixels[0], bands=view),
            algebra.adjacency(one, two, grid),
            algebra.distance(one, two, grid),
            algebra.distance(one, two, grid, between="centres"),
            algebra.change(one, two, valid, grid),
            algebra.compare(one, two, grid),
            regions.opened(one),
            regions.touching(one, two),
            regions.corners(one),
            [each.tolist() for each in regions.rim(one)],
            rle.encode(one)["counts"],
            rle.decode(rle.encode(two)),
            large.within(one, valid),
            *regions.without_specks(one, 4),
        ]

    whole = results()
    with limits(strip):
        cut = results()
    for a, b in zip(whole, cut, strict=True):
        same(a, b)


@settings(max_examples=50, deadline=None)
@given(masks(1, 20), st.integers(1, 12))
def test_a_mask_without_specks_keeps_all_parts_from_a_size_on(one: list[np.ndarray], least: int) -> None:
    labels, number = ndimage.label(one[0], np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=number + 1)
    sizes[0] = 0
    small = [part for part in range(1, number + 1) if sizes[part] < least]
    found, left_out = regions.without_specks(one[0], least)
    if len(small) == number:
        assert left_out == 0
        np.testing.assert_array_equal(found, one[0])
    else:
        assert left_out == len(small)
        np.testing.assert_array_equal(found, (sizes >= least)[labels] & one[0])


def test_a_large_array_keeps_what_was_written_after_its_memory_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "KEEP_BYTES", 1000)
    array = large.empty((100, 50), np.float32)
    assert large.in_file(array)
    assert not array.any()
    array[:] = np.arange(5000).reshape(100, 50)
    large.release(array[3:5])
    assert array.sum() == 5000 * 4999 / 2
    np.testing.assert_array_equal(large.sampled(array, 7), np.asarray(array)[::7, ::7])


def test_no_room_in_the_temporary_folder_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SceneError, match="temporary folder") as refused:
        large.empty((10**9, 10**6), np.float32)
    assert "TMPDIR" in refused.value.hint

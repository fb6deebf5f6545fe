"""What is measured after a mask is true on the ground, and is called by the right name."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from terrascope.networks.embedded.evidence_text import Facts, read, write
from terrascope.networks.interface import MaskPrediction
from terrascope.reasoning.evidence import MeasuredEvidence
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

GRID = Grid(40, 40, Affine6(10, 0, 500000, 0, -10, 5000000), "EPSG:32633")


def scene_of(*dates: str | None) -> Scene:
    """Views of 40 x 40 pixels of 10 m; a date may be a year."""
    views = []
    for number, text in enumerate(dates):
        date = None if text is None else dt.date.fromisoformat(text if len(text) == 10 else f"{text}-07-01")
        pixels, valid = np.full((3, 40, 40), 0.2, np.float32), np.ones((40, 40), bool)
        precision = "year" if text is not None and len(text) == 4 else "day"
        views.append(
            View(f"v{number}", Role.OPTICAL, date, ("red", "green", "blue"), Scale.REFLECTANCE, pixels, valid,
                 Source("v.tif"), precision)
        )  # fmt: skip
    return Scene(GRID, tuple(views), (10.0, 10.0))


def box(rows: slice, cols: slice) -> MaskPrediction:
    mask = np.zeros((40, 40), bool)
    mask[rows, cols] = True
    return MaskPrediction(mask, mask.astype(np.float32), 1.0)


def facts_of(evidence: MeasuredEvidence, *masks: tuple[str, int, MaskPrediction]) -> tuple[Facts, dict[str, object]]:
    """Facts and derived masks after the last of some masks."""
    for step, (label, view, prediction) in enumerate(masks, 1):
        found = evidence.after_mask(step, label, view, prediction)
    facts = read(found.text)
    assert facts is not None
    return facts, dict(found.derived)


BEFORE, AFTER = box(slice(0, 10), slice(0, 10)), box(slice(0, 10), slice(0, 20))


@pytest.mark.parametrize(
    ("dates", "question", "name"),
    [
        (("2021-05-01", "2021-07-15"), "How did the water change?", "flooded"),
        (("1985-07-01", "2020-07-01"), "How did the water change?", "water gained"),
        (("1985-07-01", "2020-07-01"), "How much land was flooded?", "flooded"),
        (("2019", "2019"), "How did the water change?", "water gained"),
        ((None, None), "How did the water change?", "water gained"),
        ((None, None), "Which fields are under water now?", "flooded"),
    ],
)
def test_new_water_is_a_flood_only_within_months_or_where_one_is_asked_about(
    dates: tuple[str | None, ...], question: str, name: str
) -> None:
    evidence = MeasuredEvidence(scene_of(*dates), question)
    facts, derived = facts_of(evidence, ("water", 0, BEFORE), ("water", 1, AFTER))
    assert set(derived) == {name, "water lost"}
    assert facts.gain_area == 10_000.0


def test_masks_that_touch_are_no_distance_apart() -> None:
    evidence = MeasuredEvidence(scene_of("2021-05-01"))
    facts, _ = facts_of(evidence, ("water", 0, BEFORE), ("trees", 0, box(slice(0, 10), slice(10, 20))))
    assert (facts.touching, facts.border, facts.distance) == (True, 100.0, 0.0)


def test_a_gap_of_one_pixel_is_one_pixel_wide() -> None:
    evidence = MeasuredEvidence(scene_of("2021-05-01"))
    facts, _ = facts_of(evidence, ("water", 0, BEFORE), ("trees", 0, box(slice(0, 10), slice(11, 20))))
    assert (facts.touching, facts.distance) == (False, 10.0)


def test_specks_of_predicted_masks_decide_neither_distance_nor_touching_and_that_is_said() -> None:
    water, trees = box(slice(0, 10), slice(0, 10)), box(slice(0, 10), slice(20, 28))
    water.mask[4:6, 16:20] = True  # eight pixels that touch the trees
    facts, _ = facts_of(MeasuredEvidence(scene_of("2021-05-01")), ("water", 0, water), ("trees", 0, trees))
    assert (facts.touching, facts.border, facts.distance, facts.left_out_below) == (False, None, 100.0, 9)
    assert "100 m apart; without parts under 9 pixels" in write(facts)
    water.mask[4:6, 15] = True  # ten pixels are a part of their own
    facts, _ = facts_of(MeasuredEvidence(scene_of("2021-05-01")), ("water", 0, water), ("trees", 0, trees))
    assert (facts.touching, facts.distance, facts.left_out_below) == (True, 0.0, 0)


def test_of_masks_that_are_given_nothing_is_left_out() -> None:
    water, trees = box(slice(0, 10), slice(0, 10)), box(slice(0, 10), slice(20, 28))
    water.mask[4, 19] = True
    given_ = water._replace(given=True), trees._replace(given=True)
    places = ("water", 0, given_[0]), ("trees", 0, given_[1])
    facts, _ = facts_of(MeasuredEvidence(scene_of("2021-05-01")), *places)
    assert (facts.touching, facts.distance, facts.left_out_below) == (True, 0.0, 0)


def test_a_mask_of_nothing_but_specks_is_related_as_it_is() -> None:
    water, trees = box(slice(3, 4), slice(3, 4)), box(slice(0, 10), slice(20, 28))
    facts, _ = facts_of(MeasuredEvidence(scene_of("2021-05-01")), ("water", 0, water), ("trees", 0, trees))
    assert (facts.distance, facts.left_out_below) == (160.0, 0)


def test_the_net_change_is_the_difference_of_the_exact_figures() -> None:
    facts, _ = facts_of(MeasuredEvidence(scene_of("1985", "2020")), ("water", 0, AFTER), ("water", 1, BEFORE))
    assert facts.net_area == -10_000.0
    written = read(write(facts))
    assert written is not None
    assert written.net_area == facts.net_area
    assert written.net_share == pytest.approx(facts.net_share, abs=5e-5)


def test_a_multiple_choice_distance_is_measured_as_the_benchmark_defines_it() -> None:
    one, two = box(slice(0, 8), slice(0, 8)), box(slice(0, 8), slice(20, 28))
    one.mask[4, 8:19] = True  # a line one pixel wide: a speck to the benchmark, the nearest part to a ruler
    plain = MeasuredEvidence(scene_of("2021-05-01"), "How far apart are they?")
    chosen = MeasuredEvidence(scene_of("2021-05-01"), "How far apart are they?", ("10 m", "130 m"))
    places = ("water", 0, one), ("forest", 0, two)
    assert facts_of(plain, *places)[0].distance == pytest.approx(10.0)
    assert facts_of(chosen, *places)[0].distance == pytest.approx(130.0)

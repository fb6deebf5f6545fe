"""A user can read off how far a network's own certainty can be trusted."""

from __future__ import annotations

import random

import pytest

from terrascope_lab.bench.results import SampleResult
from terrascope_lab.bench.selective import Judged, certainty, judge


def test_a_calibrated_network_has_no_calibration_error():
    generator = random.Random(0)
    judged = []
    for _ in range(20_000):
        sure = generator.random()
        judged.append(Judged(sure, generator.random() < sure, False))
    assert judge(judged).ece < 0.015


def test_a_boastful_network_is_found_out():
    judged = [Judged(0.95, i % 2 == 0, False) for i in range(100)]
    assert judge(judged).ece == pytest.approx(0.45)


def test_the_curve_ends_at_the_plain_accuracy_and_starts_with_the_certain_ones():
    judged = [Judged(1 - i / 100, i < 50, False) for i in range(100)]
    found = judge(judged)
    assert found.curve[-1].coverage == 1 and found.curve[-1].accuracy == 0.5
    assert found.curve[0].accuracy == 1
    assert found.at_sixty.value == pytest.approx(50 / 60)


def test_at_most_forty_percent_may_be_left_out():
    judged = [Judged(i / 100, i >= 70, True) for i in range(100)]
    found = judge(judged)
    assert found.kept == pytest.approx(0.6)
    assert found.kept_accuracy.value == pytest.approx(0.5)
    few = judge([Judged(i / 100, i >= 30, i < 30) for i in range(100)])
    assert few.kept == pytest.approx(0.7) and few.kept_accuracy.value == 1


def test_a_network_without_certainty_is_not_judged():
    assert certainty([SampleResult("1", "CA", "A", "A")]) is None
    found = certainty([SampleResult("1", "CA", "A", "A", confidence=0.4, mask_confidence=0.8)])
    assert found is not None and found.source == "answer" and found.bins[0].certainty == pytest.approx(0.4)
    masks = certainty([SampleResult("1", "CA", "A", "A", mask_confidence=0.8)])
    assert masks is not None and masks.source == "mask" and masks.bins[0].certainty == pytest.approx(0.8)


def test_below_even_odds_or_by_its_own_word_an_answer_is_uncertain():
    sure = [SampleResult(str(i), "CA", "A", "A", confidence=0.9) for i in range(8)]
    low = SampleResult("low", "CA", "A", "B", confidence=0.3)
    said = SampleResult("said", "CA", "A", "B", confidence=0.95, uncertain=True)
    kept = certainty([*sure, low, said])
    assert kept is not None and kept.kept == pytest.approx(0.8) and kept.kept_accuracy.value == 1

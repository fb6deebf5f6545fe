"""Numbers as people write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.units.read import Kind, closeness, parse_number, quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("12%", 12, "%"),
        ("12.5 %", 12.5, "%"),
        ("12,5 %", 12.5, "%"),
        ("about 12 percent of it", 12, "%"),
        ("12 per cent", 12, "%"),
        ("3,5 ha", 3.5, "ha"),
        ("1,234 ha", 1234, "ha"),
        ("1,234.5 ha", 1234.5, "ha"),
        ("1.234,5 ha", 1234.5, "ha"),
        ("1.234.567 m2", 1234567, "m2"),
        ("1,234,567 m²", 1234567, "m2"),
        ("1 234 567 m2", 1234567, "m2"),
        ("1 234 m2", 1234, "m2"),
        ("1'234 m2", 1234, "m2"),
        ("0,125 km2", 0.125, "km2"),
        ("0.125 km^2", 0.125, "km2"),
        ("12 sq km", 12, "km2"),
        ("12 square kilometres", 12, "km2"),
        ("12 square meters", 12, "m2"),
        ("12 sq. m", 12, "m2"),
        ("12 sqm", 12, "m2"),
        ("5 hectares", 5, "ha"),
        ("5 acres", 5, "acre"),
        ("12 sq ft", 12, "ft2"),
        ("3 square miles", 3, "mi2"),
        ("350 m", 350, "m"),
        ("350m", 350, "m"),
        ("2.5 km", 2.5, "km"),
        ("10 feet", 10, "ft"),
        ("3 miles", 3, "mi"),
        ("400 pixels", 400, "px"),
        ("17", 17, ""),
        ("17 lakes", 17, ""),
        ("-3", -3, ""),
        ("−3 %", -3, "%"),
        ("1e3 m2", 1000, "m2"),
        ("1.2 x 10^3 m2", 1200, "m2"),
        ("2.5 million m2", 2500000, "m2"),
        ("12k m2", 12000, "m2"),
        ("12 thousand", 12000, ""),
        (".5 ha", 0.5, "ha"),
        ("two", 2, ""),
        ("twenty-three lakes", 23, ""),
        ("one hundred and five", 105, ""),
        ("two thousand three hundred m", 2300, "m"),
        ("half", 50, "%"),
        ("a third", 100 / 3, "%"),
        ("two thirds", 200 / 3, "%"),
        ("three quarters of it", 75, "%"),
        ("none", 0, ""),
        ("5 million", 5e6, ""),
        ("100.", 100, ""),
        ("It covers 12 ha, mostly north.", 12, "ha"),
        ("(12 ha)", 12, "ha"),
        ("area:12ha", 12, "ha"),
    ],
)
def test_one_number(text: str, value: float, unit: str) -> None:
    (found,) = quantities(text)
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 ha (34 %)", [(12, "ha"), (34, "%")]),
        ("3 lakes, 12 ponds and 1 river", [(3, ""), (12, ""), (1, "")]),
        ("12, 13 and 14", [(12, ""), (13, ""), (14, "")]),
        ("1,2,3", None),  # a list or a number: either reading will do, but there is one
        ("water 12.5%, trees 7.25%", [(12.5, "%"), (7.25, "%")]),
        ("from 12 ha to 15 ha", [(13.5, "ha")]),
        ("no numbers here", []),
        ("t1 and t2 and B04", []),
        ("the third image", []),
        ("Sentinel-2", []),
        ("", []),
    ],
)
def test_several_and_none(text: str, expected: list[tuple[float, str]] | None) -> None:
    found = [(quantity.value, quantity.unit) for quantity in quantities(text)]
    if expected is not None:
        assert found == expected


@pytest.mark.parametrize(
    ("text", "low", "high", "kind"),
    [
        ("10-20 %", 0.1, 0.2, Kind.SHARE),
        ("10%-20%", 0.1, 0.2, Kind.SHARE),
        ("10 to 20 ha", 1e5, 2e5, Kind.AREA),
        ("between 5 and 7 km", 5000, 7000, Kind.LENGTH),
        ("5–10", 5, 10, Kind.COUNT),
    ],
)
def test_ranges(text: str, low: float, high: float, kind: Kind) -> None:
    (found,) = quantities(text)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.kind is kind


@pytest.mark.parametrize(
    ("text", "base"),
    [("1 ha", 1e4), ("1 km2", 1e6), ("1 acre", 4046.8564224), ("50 %", 0.5), ("1 mi", 1609.344), ("1 ft2", 0.09290304)],
)
def test_units_have_their_legal_size(text: str, base: float) -> None:
    assert quantities(text)[0].base == pytest.approx(base)


@pytest.mark.parametrize(
    ("text", "decimals"), [("12", 0), ("12.5", 1), ("12,50 ha", 2), ("1,234", 0), ("1.2 million", 0)]
)
def test_decimals_say_how_far_it_was_rounded(text: str, decimals: int) -> None:
    assert quantities(text)[0].decimals == decimals


@given(st.floats(0, 1e9, allow_nan=False), st.integers(0, 4))
def test_english_figures_are_read_back(number: float, decimals: int) -> None:
    text = f"{number:,.{decimals}f}"
    assert parse_number(text)[0] == pytest.approx(float(text.replace(",", "")))
    (found,) = quantities(f"It covers {text} ha.")
    assert found.value == pytest.approx(float(text.replace(",", "")))


@given(st.integers(0, 10**9), st.integers(1, 4))
def test_european_figures_are_read_back_where_they_can_be_told(number: int, decimals: int) -> None:
    whole = f"{number:,}".replace(",", ".")
    text = f"{whole},{'12345'[:decimals]}"
    if decimals == 3 and "." not in whole:
        return  # "1,234" is read as English thousands
    assert parse_number(text) == (pytest.approx(number + float(f"0.{'12345'[:decimals]}")), decimals)


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_any_text_is_read_without_complaint(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)
        assert quantity.low <= quantity.high or quantity.value < 0


@given(st.from_regex(r"([0-9]|[.,' \-+%²]|m2|ha|k|e|million|half|two|and|to){0,60}", fullmatch=True))
@settings(max_examples=300)
def test_texts_that_nearly_are_numbers(text: str) -> None:
    for quantity in quantities(text):
        assert closeness(quantity, quantities("12 %, 3 ha, 4")) is None or True


@pytest.mark.parametrize("unit", ["1", "1,", "1 ", "1.", "one ", "-", "half ", "1 to ", "0 000 ", "e"])
def test_long_texts_take_no_longer_than_a_blink(unit: str) -> None:
    begin = time.process_time()
    quantities(unit * 30_000)
    assert time.process_time() - begin < 2.0


def test_twelve_is_nearer_to_ten_than_to_twenty_in_ratio() -> None:
    (given_,) = quantities("12 ha")
    assert closeness(given_, quantities("10 ha")) < closeness(given_, quantities("20 ha"))  # type: ignore[operator]
    assert closeness(given_, quantities("12 %")) is None
    assert closeness(given_, quantities("10-20 ha")) == 0

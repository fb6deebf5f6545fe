"""Areas, lengths and shares read the same wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrascope.units import area_text, count_text, length_text, share_text
from terrascope.units.read import quantities
from terrascope.units.table import AREA


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 m²"),
        (12.0, "12 m²"),
        (9_999, "9,999 m²"),
        (25_000, "2.5 ha"),
        (451_230, "45.12 ha"),
        (5_000_000, "500 ha"),
        (9_994_000, "999.4 ha"),
        (12_260_000, "12.26 km²"),
        (2.5e9, "2,500 km²"),
    ],
)
def test_areas_are_given_in_a_unit_that_suits(value: float, text: str) -> None:
    assert area_text(value) == text


def test_a_wished_unit_is_kept() -> None:
    assert area_text(19_820, "acre") == "4.898 acres"
    assert area_text(2_589_988.110336, "mi2") == "1 sq mi"
    assert length_text(12_345) == "12.35 km"
    assert length_text(1609.344, "mi") == "1 mi"


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "1,234 km²"), ("de", "1.234 km²"), ("fr", "1\u202f234 km²"), ("pt", "1.234 km²"), ("zh", "1,234 km²")],
)
def test_numbers_are_written_as_a_language_writes_them(language: str, text: str) -> None:
    assert area_text(1_234_400_000, language=language) == text
    assert area_text(25_000, language=language) == ("2.5 ha" if language in ("en", "zh") else "2,5 ha")
    assert count_text(12_345, "de") == "12.345"


def test_what_is_there_is_never_nothing() -> None:
    assert share_text(0.0001) == "0.01 %"
    assert share_text(0.00009) == "less than 0.01 %"
    assert share_text(0.00009, "de") == "weniger als 0,01 %"
    assert share_text(0.0) == "0.0 %"
    assert share_text(0.123) == "12.3 %"


@given(st.floats(1, 1e12), st.sampled_from(sorted(AREA)))
def test_what_is_written_is_read_back(area: float, unit: str) -> None:
    (found,) = quantities(area_text(area, unit))
    assert found.base == pytest.approx(area, rel=5e-4, abs=max(0.5, 0.00051 * AREA[unit].size))

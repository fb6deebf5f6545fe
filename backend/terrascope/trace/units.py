"""Numbers as people read them."""

from __future__ import annotations


def area_text(square_metres: float) -> str:
    """Return an area in the unit that suits its size: m², ha from one hectare, km² from one hundred hectares."""
    if square_metres >= 1e6:
        return f"{_rounded(square_metres / 1e6)} km²"
    if square_metres >= 1e4:
        return f"{_rounded(square_metres / 1e4)} ha"
    return f"{square_metres:,.0f} m²"


def length_text(metres: float) -> str:
    """Return a length in metres or, from one kilometre, in kilometres."""
    return f"{_rounded(metres / 1000)} km" if metres >= 1000 else f"{metres:,.0f} m"


def percent_text(share: float) -> str:
    """Return a share 0..1 in percent; what is there but rounds to nothing is said to be less than the smallest step."""
    percent = 100 * share
    if 0 < percent < 0.01:
        return "less than 0.01 %"
    return f"{percent:.2f} %" if 0 < percent < 0.1 else f"{percent:.1f} %"


def _rounded(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"

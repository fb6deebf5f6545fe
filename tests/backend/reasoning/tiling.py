"""Tile grid of an image as the released code chooses it, for tests that must not depend on the processor."""

from __future__ import annotations

from terrascope.networks.interface import TokenGrid


def grid_of(width: int, height: int, side: int = 16, tile_px: int = 448, most: int = 12) -> TokenGrid:
    """Closest aspect ratio of at most 12 tiles (modeling_sa2va_chat.py:2335-2391)."""
    ratios = {(i, j) for n in range(1, most + 1) for i in range(1, n + 1) for j in range(1, n + 1) if i * j <= most}
    best, least = (1, 1), float("inf")
    for cols, rows in sorted(ratios, key=lambda ratio: ratio[0] * ratio[1]):
        away = abs(width / height - cols / rows)
        if away < least or (away == least and width * height > 0.5 * tile_px**2 * cols * rows):
            best, least = (cols, rows), away
    return TokenGrid(*best, side, tile_px)

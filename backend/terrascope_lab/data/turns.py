"""What is left out of the aerial networks, in three turns.

In each turn one whole town is left out (Dubai, Mumbai, Banepa), with a third of the tiles of Massachusetts; in the
two turns that keep Dubai, half of its tiles are left out as well, for the figures of roads within a town that is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from terrascope_lab.data.sample import Sample

TURNS = 3
_TOWNS = ("dubai", "mumbai", "nepal")
_DUBAI_HALVES = (frozenset[str](), frozenset({"tile1", "tile4", "tile5"}), frozenset({"tile2", "tile3", "tile6"}))


def left_out(data: Sequence[Sample], turn: int) -> list[Sample]:
    """Return the pictures that a turn leaves out."""
    tiles = sorted({s.group for s in data if s.source == "massachusetts"})
    hidden = {tile for rank, tile in enumerate(tiles) if rank % TURNS == turn}
    return [
        s
        for s in data
        if s.source == _TOWNS[turn]
        or (s.source == "massachusetts" and s.group in hidden)
        or (s.source == "dubai" and s.group in _DUBAI_HALVES[turn])
    ]

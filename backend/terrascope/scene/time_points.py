"""Which views show one state of the ground."""

from __future__ import annotations

from collections.abc import Sequence

from terrascope.scene.types import Role, View

#: Two views of different sensors that are at most so many days apart show one state of the ground.
SAME_TIME_DAYS = 7


def time_points(views: Sequence[View]) -> list[list[int]]:
    """Group views that show one state of the ground: an optical view and the SAR view taken with it.

    Views of one sensor kind are each a time point of their own. An optical and a SAR view belong together when both
    are dated at most `SAME_TIME_DAYS` apart, or, where a date is lacking, in order: the i-th optical with the i-th SAR
    view. Time points stand in the order of their first view; within one, the optical view comes first.
    """
    optical = [i for i, view in enumerate(views) if view.role is Role.OPTICAL]
    sar = [i for i, view in enumerate(views) if view.role is Role.SAR]
    partner: dict[int, int] = {}
    free = list(sar)
    for rank, i in enumerate(optical):
        match = _partner(views, i, free, sar[rank] if rank < len(sar) else None)
        if match is not None:
            partner[i] = match
            free.remove(match)
    points = [[i, partner[i]] if i in partner else [i] for i in optical] + [[i] for i in free]
    return sorted(points, key=min)


def _partner(views: Sequence[View], optical: int, free: Sequence[int], same_rank: int | None) -> int | None:
    mine = views[optical].date
    if mine is not None:
        dated = [(abs((date - mine).days), i) for i in free if (date := views[i].date) is not None]
        near = [pair for pair in dated if pair[0] <= SAME_TIME_DAYS]
        if near:
            return min(near)[1]
    if same_rank in free and same_rank is not None and (mine is None or views[same_rank].date is None):
        return same_rank
    return None

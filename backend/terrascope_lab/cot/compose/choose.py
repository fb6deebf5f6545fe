"""Which of the possible questions are asked about a scene: two to four kinds of level 1, two or three of level 2."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from terrascope_lab.cot.compose import change, level1, semantic, spatial
from terrascope_lab.cot.compose.common import Candidate
from terrascope_lab.cot.drafts import Draft
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import LabelledScene

LEVELS: tuple[str, ...] = ("cap", "l1", "l2_spatial", "l2_semantic")
#: Candidates of one kind that are tried before the kind is given up.
_TRIES = 4


def questions(
    scene: LabelledScene,
    rng: random.Random,
    levels: Collection[str] = LEVELS,
    rounds: int = 1,
    facts: Sequence[Facts] = (),
) -> list[Draft]:
    """Draw the questions of a scene: each round asks as many as the paper asks about an image, none twice.

    Parameters
    ----------
    rounds
        How often the scene is gone through; later rounds ask what has not been asked.
    facts
        Measures of each moment, where they are at hand.
    """
    moments = list(facts) or [Facts(scene, moment) for moment in range(len(scene.moments))]
    asked: Asked = {}
    pool = _pool(moments)
    for group in pool.values():
        for kind in sorted(group):
            rng.shuffle(group[kind])
    for _ in range(rounds):
        if "l1" in levels:
            _level1(pool["l1"], asked, rng)
        if "l2_spatial" in levels:
            _take(pool["l2_spatial"], 2, asked, rng)
        if "l2_semantic" in levels:
            _take(pool["l2_semantic"], 3 if len(moments) > 1 else 2, asked, rng)
    return list(asked.values())


Group = dict[str, list[Candidate]]
Asked = dict[tuple[object, ...], Draft]


def _pool(moments: list[Facts]) -> dict[str, Group]:
    if len(moments) > 1:
        return {"l1": {}, "l2_spatial": {}, "l2_semantic": _grouped(change.candidates(moments[0], moments[1]))}
    return {
        "l1": _grouped(level1.candidates(moments[0])),
        "l2_spatial": _grouped(spatial.candidates(moments[0])),
        "l2_semantic": _grouped(semantic.candidates(moments[0])),
    }


def _grouped(candidates: Iterable[Candidate]) -> Group:
    group: Group = {}
    for candidate in candidates:
        group.setdefault(candidate.kind, []).append(candidate)
    return group


def _level1(group: Group, asked: Asked, rng: random.Random) -> None:
    """Two to four kinds, one of them a kind that needs pixels wherever the scene allows one."""
    wanted = rng.randint(2, 4)
    pixels = {kind: made for kind, made in group.items() if kind in level1.PIXEL_KINDS}
    first = _take(pixels, 1, asked, rng)
    rest = {kind: made for kind, made in group.items() if kind not in first}
    _take(rest, wanted - len(first), asked, rng)


def _take(group: Group, wanted: int, asked: Asked, rng: random.Random) -> list[str]:
    """Ask one question of each of so many kinds, whichever the rules allow; return the kinds."""
    taken: list[str] = []
    kinds = [kind for kind in sorted(group) if group[kind]]
    for kind in rng.sample(kinds, len(kinds)):
        if len(taken) >= wanted:
            break
        for _ in range(min(_TRIES, len(group[kind]))):
            draft = group[kind].pop().make(rng)
            if draft is not None and draft.key not in asked:
                asked[draft.key] = draft
                taken.append(kind)
                break
    return taken

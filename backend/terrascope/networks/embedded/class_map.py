"""One class for every pixel: the classes of one image exclude each other, and unions are sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.landcover import ATOMS, CLASSES, can_be_seen
from terrascope.networks.embedded.scores import Scores

#: Of a pixel that was not observed.
NOWHERE = 255


class Group(NamedTuple):
    """Atoms whose probabilities are added up; `name` is the class that they are of, empty for atoms of none."""

    name: str
    atoms: frozenset[str]


def groups_of(pixel_m: float | None, role: str, bands: Sequence[str]) -> tuple[Group, ...]:
    """Return the groups of atoms that share the ground of an image out among them, in the order of the table.

    They are the smallest classes that can be seen at a pixel size and by a sensor: single buildings and roads where
    pixels are fine, settlements as a whole where they are not. What a larger class has beyond the smaller ones that it
    holds (yards, of built-up land) is a group of its own, and so are the atoms of no class.
    """
    seen = [name for name in CLASSES if can_be_seen(name, pixel_m, role, bands)]
    found: dict[str, frozenset[str]] = {}
    taken: frozenset[str] = frozenset()
    for name in sorted(seen, key=lambda each: len(CLASSES[each].atoms)):
        left = CLASSES[name].atoms - taken
        if left:
            found[name] = left
            taken |= left
    rest = frozenset(ATOMS) - taken
    groups = [Group(name, found[name]) for name in CLASSES if name in found]
    return tuple([*groups, Group("", rest)] if rest else groups)


def numbers_of(groups: Sequence[Group]) -> list[list[int]]:
    """Return the places of the atoms of each group."""
    return [[ATOMS.index(atom) for atom in sorted(group.atoms)] for group in groups]


def parted(asked: NDArray[np.bool_], groups: Sequence[Group]) -> tuple[list[list[int]], list[list[int]]]:
    """Return the places of the atoms of the groups asked for, bool [atoms], and of the others; a group of which a part
    is asked for is cut in two."""
    inside, outside = [], []
    for places in numbers_of(groups):
        inside.append([place for place in places if asked[place]])
        outside.append([place for place in places if not asked[place]])
    return [each for each in inside if each], [each for each in outside if each]


def strongest(probabilities: NDArray[np.float32], groups: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Return what the probabilities [atoms, H, W] of the strongest group add up to, [H, W]; 0 where there is none."""
    best = np.zeros(probabilities.shape[1:], np.float32)
    for places in groups:
        np.maximum(best, probabilities[list(places)].sum(0), out=best)
    return best


def class_map(scores: Scores, valid: NDArray[np.bool_], groups: Sequence[Group]) -> NDArray[np.uint8]:
    """Return the group of every pixel by its place, uint8 [H, W]; `NOWHERE` where the view is not valid.

    A pixel belongs to the group whose atoms' probabilities add up to the most.
    """
    numbers = numbers_of(groups)
    found: NDArray[np.uint8] = large.empty(valid.shape, np.uint8)
    for rows, probabilities in scores.strips():
        sums = np.stack([probabilities[places].sum(0) for places in numbers])
        found[rows] = np.where(valid[rows], sums.argmax(0).astype(np.uint8), NOWHERE)
        large.release(found, valid)
    return found

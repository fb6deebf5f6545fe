"""A tiny phrase grammar: `[a|b|]` is a random choice, nested as deep as wanted; `{A}` is filled in afterwards."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Union

Node = Union[str, tuple["Sequence_", ...]]


class Sequence_(tuple):
    """Nodes one after the other."""


def _parse(text: str, start: int, depth: int) -> tuple[list[Sequence_], int]:
    """Parse alternatives until the closing bracket; returns them and the position after it."""
    options: list[Sequence_] = []
    nodes: list[Node] = []
    literal: list[str] = []
    at = start

    def flush() -> None:
        if literal:
            nodes.append("".join(literal))
            literal.clear()

    while at < len(text):
        char = text[at]
        if char == "[":
            flush()
            inner, at = _parse(text, at + 1, depth + 1)
            nodes.append(tuple(inner))
            continue
        if char == "|" and depth:
            flush()
            options.append(Sequence_(nodes))
            nodes = []
        elif char == "]" and depth:
            flush()
            options.append(Sequence_(nodes))
            return options, at + 1
        else:
            literal.append(char)
        at += 1
    flush()
    options.append(Sequence_(nodes))
    return options, at


@lru_cache(maxsize=8192)
def _tree(pattern: str) -> Sequence_:
    return _parse(pattern, 0, 0)[0][0]


def _render(tree: Sequence_, rng: random.Random) -> str:
    return "".join(node if isinstance(node, str) else _render(rng.choice(node), rng) for node in tree)


def expand(pattern: str, rng: random.Random) -> str:
    """Return one random reading of a pattern, spaces tidied."""
    return " ".join(_render(_tree(pattern), rng).split())


def count(pattern: str) -> int:
    """Return the number of readings of a pattern."""

    def size(tree: Sequence_) -> int:
        total = 1
        for node in tree:
            if not isinstance(node, str):
                total *= sum(size(option) for option in node)
        return total

    return size(_tree(pattern))

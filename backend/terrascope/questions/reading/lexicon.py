"""The words that the reader knows: phrases of each language and the concepts that they stand for.

`lexicon/*.toml` are the tables, one a language; `scripts/generate.py` makes `lexicon.json` of them, which any Python
reads. Words of classes come from the table of classes, words of units from `units.read`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from terrascope.landcover import CLASSES, LANGUAGES
from terrascope.questions.reading.tokens import Token, plain_form, tokens_of
from terrascope.units.read import quantities

_TABLES = Path(__file__).with_name("lexicon.json")
#: Words shorter than this have too many neighbours to be read as a slip, or by their stem.
_LEAST_SLIP, _LEAST_STEM = 4, 5
#: From this length on two slips are forgiven.
_TWO_SLIPS = 8
#: Unknown words whose corrections are remembered.
_KEPT = 2_000
_ENDINGS: dict[str, tuple[str, ...]] = {
    "en": ("es", "s"),
    "de": ("en", "em", "er", "es", "n", "e", "s"),
    "fr": ("es", "e", "s", "x"),
    "es": ("es", "os", "as", "s", "o", "a"),
    "pt": ("es", "os", "as", "s", "o", "a"),
    "it": ("i", "e", "o", "a"),
    "zh": (),
}
_CLASS = ("class", "classes")
#: Nobody is taken to have asked for these by a slip.
_NOT_MEANT = ("thing", "tiny", "refuse")
#: Before a superlative they are a part of it.
_ARTICLES: dict[str, tuple[str, ...]] = {
    "fr": ("le", "la", "les"), "es": ("el", "la", "los", "las"), "pt": ("o", "a", "os", "as"),
    "it": ("il", "la", "lo", "i", "gli", "le"), "en": ("the",),
}  # fmt: skip
_JOINTS = ("", "s", "es", "n", "en", "e")


class Concept(NamedTuple):
    """What a phrase stands for: its kind ("measure", "place", ...) and which of that kind."""

    kind: str
    value: str


Concepts = tuple[Concept, ...]
_GOES_ON = Concept("follow", "what")
_ANDS = ("and", "und", "et", "e", "ed", "y")


@dataclass
class Node:
    """A place in the tree of phrases: the next words, and what a phrase that ends here stands for."""

    words: dict[str, Node] = field(default_factory=dict)
    plain: dict[str, Node] = field(default_factory=dict)
    stems: dict[str, Node] = field(default_factory=dict)
    prefixes: dict[str, Node] = field(default_factory=dict)
    meanings: tuple[Concepts, ...] = ()


class Match(NamedTuple):
    """How many tokens a phrase takes, what it may stand for, and whether its words stand as they are in the table."""

    length: int
    meanings: tuple[Concepts, ...]
    exact: bool


class Lexicon:
    """The phrases of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.start()
        table = tables()[language]
        for key, phrases in table["concepts"].items():
            concepts = _concepts(key)
            for phrase in phrases:
                if concepts[0] == _GOES_ON and phrase.partition(" ")[0] in _ANDS and " " in phrase:
                    continue  # the "and" of a list must stay one
                self.add(phrase, concepts)
                if language == "fr" and phrase.endswith(" de"):
                    self.add(phrase[:-1], concepts)  # before a vowel
                if concepts[0].kind in ("rank", "most", "more") and " " in phrase:
                    for article in _ARTICLES.get(language, ()):
                        self.add(f"{article} {phrase}", concepts)
        for name, _land in CLASSES.items():
            for phrase, kind in _class_words(language, name):
                self.add(phrase, (Concept(kind, name),))

    def start(self) -> None:
        """Begin without phrases."""
        self.root = Node()
        self.vocabulary: dict[str, tuple[Concepts, ...]] = {}
        self._near: dict[str, set[str]] = {}
        self._alike: dict[tuple[str, int], list[str]] = {}
        self._mended: dict[str, str | None] = {}

    def add(self, phrase: str, concepts: Concepts) -> None:
        """Add a meaning of a phrase. A word that ends in "*" stands for all that begin so.

        A word of a thing that no class is ("mangrove") is not read as the class of which it is a part.
        """
        tokens = phrase.split("*")
        node = self.root
        for number, part in enumerate(tokens):
            words = tokens_of(part)
            for place, token in enumerate(words):
                if token.text == "-" and node is not self.root:
                    continue
                starred = number < len(tokens) - 1 and place == len(words) - 1
                node = self._step(node, token, starred)
        if node is self.root or (concepts[0].kind in _CLASS and any(m[0].kind == "thing" for m in node.meanings)):
            return
        if concepts not in node.meanings:
            node.meanings = (*node.meanings, concepts)
        words = tokens_of(phrase.replace("*", ""))
        for token in words:
            if token.kind == "word":
                known = self.vocabulary.get(token.plain, ())
                self.vocabulary[token.plain] = (*known, concepts) if len(words) == 1 else known

    def _step(self, node: Node, token: Token, starred: bool) -> Node:
        if starred:
            return node.prefixes.setdefault(token.plain, Node())
        following = node.words.setdefault(token.text, Node())
        node.plain.setdefault(token.plain, following)
        if len(token.plain) >= _LEAST_STEM:
            node.stems.setdefault(self.stem(token.plain), following)
        return following

    def stem(self, word: str) -> str:
        """Return a word without its ending."""
        for ending in _ENDINGS[self.language]:
            if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM - 1:
                return word[: -len(ending)]
        return word

    def longest(self, tokens: Sequence[Token], start: int) -> Match | None:
        """Return the longest phrase that begins at a token; of two as long, the one that stands as it is."""
        best: Match | None = None
        open_nodes = [(self.root, start, True)]
        while open_nodes:
            node, place, exact = open_nodes.pop()
            if node.meanings:
                found = Match(place - start, node.meanings, exact)
                if best is None or (found.length, found.exact) > (best.length, best.exact):
                    best = found
            if place < len(tokens):
                if tokens[place].text == "-" and node is not self.root:
                    open_nodes.append((node, place + 1, exact))
                open_nodes += [(each, place + 1, exact and sure) for each, sure in self._next(node, tokens[place])]
        return best

    def _next(self, node: Node, token: Token) -> Iterator[tuple[Node, bool]]:
        if token.text in node.words:
            yield node.words[token.text], True
        elif token.plain in node.plain:
            yield node.plain[token.plain], True
        elif token.kind == "word":
            if len(token.plain) >= _LEAST_STEM and (stem := self.stem(token.plain)) in node.stems:
                yield node.stems[stem], False
            for length in range(len(token.plain), 2, -1):
                if (found := node.prefixes.get(token.plain[:length])) is not None:
                    yield found, False
                    break

    # slips of the fingers
    def corrected(self, word: str) -> str | None:
        """Return the one known word that an unknown one is by a slip or, from eight letters on, two; None else."""
        if word not in self._mended:
            if len(self._mended) > _KEPT:
                self._mended.clear()
            self._mended[word] = self._corrected(word)
        return self._mended[word]

    def _corrected(self, word: str) -> str | None:
        if len(word) < _LEAST_SLIP or word in self.vocabulary:
            return None
        if not self._near:
            for known in self.vocabulary:
                self._alike.setdefault((known[0], len(known)), []).append(known)
                if len(known) >= _LEAST_SLIP:
                    for form in _shortened(known):
                        self._near.setdefault(form, set()).add(known)
        near = {known for form in _shortened(word) for known in self._near.get(form, ())}
        found = {known for known in near if slips(word, known) == 1 and known[0] == word[0]}
        found = found or {known for known in near if slips(word, known) == 1}
        if not found and len(word) >= _TWO_SLIPS:
            lengths = range(len(word) - 2, len(word) + 3)
            near = {known for length in lengths for known in self._alike.get((word[0], length), ())}
            found = {known for known in near if slips(word, known) == 2}
        found = {known for known in found if not any(m[0].kind in _NOT_MEANT for m in self.vocabulary[known])}
        if len(found) > 1:  # forms of one word are one
            stems = {self.stem(each) for each in found}
            means = {self.vocabulary[each][:1] for each in found}
            if len(stems) > 1 and (len(means) > 1 or not next(iter(means))):
                return None
        return min(found, default=None)

    def joined(self, word: str) -> tuple[str, str] | None:
        """Return the two known words of which an unknown one is put together ("waldflächenanteil"); None else."""
        if self.language != "de" or len(word) < 7:
            return None
        for cut in range(len(word) - 3, 2, -1):
            head, tail = word[:cut], word[cut:]
            for joint in _JOINTS:
                if joint and not head.endswith(joint):
                    continue
                stem = head[: len(head) - len(joint)]
                if len(stem) >= 3 and self.vocabulary.get(stem) and self.known(tail):
                    return stem, tail
        return None

    def known(self, word: str) -> bool:
        """Say whether a word is a phrase of its own, in any form."""
        token = Token(0, len(word), word, plain_form(word), "word")
        return self.longest([token], 0) is not None


def _shortened(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def slips(one: str, two: str) -> int:
    """Return how many letters more, less, other or swapped make one word the other; 3 for all above 2."""
    if abs(len(one) - len(two)) > 2:
        return 3
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        row = [i] + [0] * len(two)
        for j, b in enumerate(two, 1):
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], before[j - 2] + 1)
        before, last = last, row
    return min(last[-1], 3)


def _concepts(key: str) -> Concepts:
    """Read "measure area", or "class trees + change lost" where a phrase stands for several concepts."""
    found = []
    for part in key.removeprefix("+ ").split(" + "):
        kind, _, value = part.strip().partition(" ")
        found.append(Concept(kind, value))
    return tuple(found)


def _class_words(language: str, name: str) -> Iterator[tuple[str, str]]:
    land = CLASSES[name]
    if language == "en":
        for word in (name, *land.words["one"], *land.words["cue"]):
            if not word.startswith(("people", "any")):  # who lives there is no matter of an image
                yield word, "class"
        for word in land.words["many"]:
            yield word, "classes"
        return
    for word in (land.names[language].name, land.names[language].measured, *land.other_words.get(language, ())):
        yield word, "class"


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the tables of all languages, and the function words of languages that are not read."""
    found: dict[str, dict[str, dict[str, list[str]]]] = json.loads(_TABLES.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=len(LANGUAGES))
def lexicon(language: str) -> Lexicon:
    """Return the phrases of a language."""
    return Lexicon(language)


@lru_cache(maxsize=4096)
def unit_of(text: str) -> str | None:
    """Return the sign of the unit that a text is ("hectares" is "ha", "%" is "%"); None if it is none."""
    found = quantities(f"1 {text}")
    return found[0].unit or None if len(found) == 1 and found[0].end == len(text) + 2 else None

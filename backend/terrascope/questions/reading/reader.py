"""The embedded reader: a question to a Query, and what became of each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from terrascope.landcover import LANGUAGES, can_be_seen
from terrascope.questions import query as q
from terrascope.questions.reading.context import Context, Layer
from terrascope.questions.reading.cues import is_weak
from terrascope.questions.reading.follow import Follow, main_region
from terrascope.questions.reading.frame import Frame
from terrascope.questions.reading.grammar import Unanswerable
from terrascope.questions.reading.items import Item, UnknownWords, items_of
from terrascope.questions.reading.language import language_of
from terrascope.questions.reading.lexicon import Concept, lexicon
from terrascope.questions.reading.tokens import Token, tokens_of

_INDEX_BANDS = {"ndvi": ("nir", "red"), "ndwi": ("green", "nir"), "nbr": ("nir", "swir2")}
#: Coarsest pixel in metres at which the crowns of single trees can be told apart.
_CROWN_M = 1.0
_REFUSALS: dict[str, q.Reason] = {
    "people": "names, prices, people", "future": "future", "chat": "not about the image",
}  # fmt: skip


def read(text: str, context: Context | None = None, unknown: UnknownWords | None = None) -> q.Understood:
    """Read a question.

    Parameters
    ----------
    text
        What was typed, in any language.
    context
        What is known of the scene.
    unknown
        Says what words stand for that the lexicon lacks.

    Returns
    -------
    The query, or why there is none; never an exception, whatever the text.
    """
    context = context or Context()
    tokens = tokens_of(text)
    language = language_of(tokens, text, None if context.previous is None else context.previous.language)
    if language is None:
        return q.Understood(
            query=None, words=_words(tokens, set(), set()), reason="language not read", reader="embedded"
        )
    return _Reading(tokens, language, context, unknown).understood()


class _Reading:
    """One question while it is read."""

    def __init__(self, tokens: list[Token], language: str, context: Context, unknown: UnknownWords | None) -> None:
        self.tokens, self.language, self.context = tokens, language, context
        self.question = any(token.text in ("?", "¿") for token in tokens)
        items = items_of(tokens, language, context, unknown)
        self.items = _with_names([_resolved(item, context, language) for item in items], context, language)
        self.strange = [item for item in self.items if item.has("unknown")]
        self.frame: Frame | None = None

    def understood(self) -> q.Understood:
        reason: q.Reason | None = None
        query: q.Query | None = None
        try:
            self._refuse()
            query = self._query()
        except Unanswerable as error:
            reason = error.reason
        left = [] if self.frame is None else self.frame.left_over()
        blocked = bool(left or self.strange)
        if query is not None and not blocked:
            reason = self._cannot(query)
        nearest: tuple[q.Query, ...] = ()
        if query is not None and (blocked or reason is not None):
            nearest = () if reason is not None else (query,)
            query = None
        if query is None and reason is None:
            reason = self._why(left)
        return q.Understood(query=query, words=self._account(), nearest=nearest, reason=reason, reader="embedded")

    def _why(self, left: Sequence[Item]) -> q.Reason | None:
        """Why nothing was read, by what the words are; None to ask back."""
        if any(item.has("zone") and item.layer is None for item in self.items):
            return "layer missing"
        changes = any(
            (item.has("change") and not item.has("filler") and not item.has("w")) or item.has("timespan") or (
                item.has("measure", "rate", "transitions") and not item.has("when"))
            for item in self.items
        )  # fmt: skip
        if len(self.context.dates) == 1 and changes:
            return "one date only"
        if any(item.has("height") and not item.has("filler") for item in self.items) and not any(
            layer.kind == "raster" for layer in self.context.layers
        ):
            return "needs a height model"
        known = any(item.has("class") or item.has("classes") or item.has("layer") for item in self.items)
        return "class unknown" if self.strange and not known and self.context.previous is None else None

    def _refuse(self) -> None:
        """Raise for questions about what no image shows."""
        for item in self.items:
            kind = item.get("refuse")
            if kind is not None and not is_weak(item):
                raise Unanswerable(_REFUSALS[kind])
        tiny = [item for item in self.items if item.has("tiny")]
        if tiny and self.context.pixel_m is not None and self.context.pixel_m >= 2:
            raise Unanswerable("not visible at this pixel size")
        if len(self.context.dates) == 1 and any(item.has("timespan") for item in self.items):
            raise Unanswerable("one date only")
        for item in self.items:
            if item.get("height") == "depth":
                raise Unanswerable("needs a height model")
            if item.has("thing") and not item.has("class"):
                raise Unanswerable("class unknown")

    def _query(self) -> q.Query:
        meant = [item for item in self.items if not _only_filler(item) and not item.has("unknown")]
        before = self.context.previous
        region = None if before is None else main_region(before)
        if before is None:
            self.frame = Frame(meant, self.context, self.language)
            self.frame.question = self.question
            return self.frame.query()
        rows = isinstance(before.by, q.ByFeatures) and not any(
            item.has("class") or item.has("classes") for item in meant
        )
        if _stands_alone(meant) and not rows:
            try:
                self.frame = Frame(meant, self.context, self.language, region)
                self.frame.question = self.question
                query = self.frame.query()
                if not self.frame.left_over():
                    return query
            except Unanswerable as error:
                if error.reason is not None:
                    raise
        self.frame = Follow(meant, self.context, self.language, region)
        self.frame.question = self.question
        return self.frame.query()

    def _cannot(self, query: q.Query) -> q.Reason | None:
        """Why the scene cannot give a query; None where it can as far as is known."""
        context = self.context
        changes = [node for node in q.walk(query) if isinstance(node, (q.Change, q.Turned, q.NetChange, q.Rate))]
        if len(context.dates) == 1 and (changes or isinstance(query.by, q.ByDates)):
            return "one date only"
        asked = {query.date} | {node.date for node in q.walk(query) if isinstance(node, q.At)}
        asked |= {date for node in changes for date in (node.start, node.end)}
        for date in asked - {None, "first", "last"}:
            if context.dates and not any(
                each.startswith(str(date)) or str(date).startswith(each) for each in context.dates
            ):
                return "one date only" if len(context.dates) == 1 else "layer missing"
        crowns = any(item.has("single", "tree") for item in self.items)
        for measure in query.measures:
            single = crowns and isinstance(measure, q.Count) and measure.of == q.Cover(name="trees")
            if single and context.pixel_m is not None and context.pixel_m > _CROWN_M:
                return "not visible at this pixel size"
        for node in q.walk(query):
            if isinstance(node, q.Cover) and not can_be_seen(
                node.name, context.pixel_m, context.role, context.bands if context.bands is not None else ("nir",)
            ):
                return "not visible at this pixel size"
            name = node.value_of if isinstance(node, (q.Limit, q.Mean)) else None
            if name is None or context.bands is None or any(layer.name == name for layer in context.layers):
                continue
            if not set(_INDEX_BANDS.get(name, (name,))) <= set(context.bands):
                return "band missing"
        return None

    def _account(self) -> tuple[q.Word, ...]:
        used: set[int] = set()
        lost: set[int] = set()
        for item in self.items:
            places = range(item.first, item.last + 1)
            if item.has("unknown"):
                lost.update(places)
            elif self.frame is not None and item.first in self.frame.used:
                used.update(places)
            elif not is_weak(item) and not _only_filler(item):
                lost.update(places)
        return _words(self.tokens, used, lost)


def _words(tokens: Sequence[Token], used: set[int], lost: set[int]) -> tuple[q.Word, ...]:
    return tuple(
        q.Word(
            start=token.start, end=token.end,
            use="used" if place in used else "not used" if place in lost else "filler",
        )
        for place, token in enumerate(tokens) if token.kind != "sign" or place in used | lost
    )  # fmt: skip


def _stands_alone(items: Sequence[Item]) -> bool:
    """Say whether a question may be one without the one before: it names what is measured and how."""
    if not items or any(item.has("follow", "same") for item in items):
        return False
    first = items[0]
    names = any(item.has("class") or item.has("classes") for item in items) or any(item.has("pron") for item in items)
    asks = any(item.has("measure") or (item.has("yn") and not item.has("filler")) for item in items)
    if items[0].has("w", "as share of"):
        return False
    if any(item.has("pron") for item in items) and any(item.has("measure", "share") for item in items):
        return False
    goes_on = first.has("follow", "what") or first.has("w", "and")
    own = any(item.has("class") or item.has("classes") for item in items)
    return asks and names and not (goes_on and not (own and any(item.has("measure") for item in items)))


def _only_filler(item: Item) -> bool:
    return all(each.kind == "filler" for each in item.meanings)


def _resolved(item: Item, context: Context, language: str) -> Item:
    """Let the noun of a zone be the layer that holds such zones; without one, other meanings of the word come first."""
    if item.layer is not None:
        return item
    zones = [each.value for each in item.meanings if each.kind == "zone"]
    if not zones:
        return item
    for layer in context.layers:
        if layer.kind == "vector" and zone_kinds(layer, language) & set(zones):
            return replace(item, layer=layer, meanings=(Concept("layer", layer.name), *item.meanings))
    rest = tuple(each for each in item.meanings if each.kind != "zone")
    return replace(item, meanings=rest) if rest else item


def _with_names(items: list[Item], context: Context, language: str) -> list[Item]:
    """Strange words that are written as names, after a word of place, as features of the one layer that has names."""
    layers = [layer for layer in context.layers if layer.kind == "vector" and layer.columns]
    if len(layers) != 1 or any(values for values in layers[0].columns.values()):
        return items
    found: list[Item] = []
    for item in items:
        before = found[-1] if found else None
        named = item.has("unknown") and item.name is not None
        if named and before is not None and before.has("named") and before.last == item.first - 1:
            found[-1] = replace(before, last=item.last, name=f"{before.name} {_written(item)}")
        elif named and before is not None and (before.has("w", "in") or (before.has("layer") and language != "de")):
            name = _written(item)
            found.append(replace(item, meanings=(Concept("named", name),), name=name, layer=layers[0]))
        else:
            found.append(item)
    return found


def _written(item: Item) -> str:
    return (item.name or "").capitalize()


def zone_kinds(layer: Layer, language: str) -> set[str]:
    """Return what the features of a layer are, by the words of its name."""
    found: set[str] = set()
    for each in dict.fromkeys((language, *LANGUAGES)):
        tokens = tokens_of(layer.name.replace("_", " "))
        words = lexicon(each)
        for place in range(len(tokens)):
            match = words.longest(tokens, place)
            if match is not None:
                found |= {m[0].value for m in match.meanings if m[0].kind == "zone"}
        if found:
            break
    return found

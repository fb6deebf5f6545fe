"""Plain questions in free words: what the learnt encoder reads of a question that the grammar cannot, as a query.

The encoder knows one kind and some classes, nothing of sizes, places or conditions. It is asked only where the words
that the grammar knows say nothing that a kind and classes could not hold (`is_plain`); so no condition is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from terrascope.networks.embedded.reading import Reading
from terrascope.questions import query as q
from terrascope.questions.reading.items import Item

#: What a plain question may consist of beside classes and words that nobody knows.
_PLAIN = frozenset(
    {
        "class", "classes", "measure", "filler", "yn", "change", "patch", "more", "unknown", "image", "ground",
        "output", "pron", "unit",
    }
)  # fmt: skip
_CLASS = frozenset({"class", "classes"})
#: What may stand in a question of a kind besides: "over time" of a change, "the most" of the dominant class.
_OVER_TIME = frozenset({"when", "date", "timespan", "most"})
_OF_KIND: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("change", "gain", "loss", "change_any"), _OVER_TIME),
    "dominant": frozenset({"majority", "rank", "most", "classword"}),
    "describe": frozenset({"classword", "by"}),
}
_PLAIN_WORDS = frozenset(
    {
        "be", "of", "in", "that", "and", "or", "to", "from", "which", "comma", "dash", "together", "than", "between",
        "touch",
    }
)  # fmt: skip
#: Below this probability the encoder's kind is not taken.
SURE = 0.5
#: From here on also a class whose name the grammar does not know is taken from it.
VERY_SURE = 0.9


def _cover(names: Sequence[str]) -> q.Region:
    covers: tuple[q.Region, ...] = tuple(q.Cover(name=name) for name in names)
    return covers[0] if len(covers) == 1 else q.AnyOf(of=covers)


def _change(how: str) -> Callable[[Sequence[str]], q.Query]:
    return lambda names: q.Query(measures=(q.Area(of=q.Change(of=_cover(names), how=how)),))  # type: ignore[arg-type]


def _versus(test: q.Comparison | None) -> Callable[[Sequence[str]], q.Query]:
    return lambda names: q.Query(
        measures=(q.Area(of=q.Cover(name=names[0])),),
        test=q.Compared(to=q.Area(of=q.Cover(name=names[1])), test=test),
    )


def _flooded(names: Sequence[str]) -> q.Query:
    return q.Query(measures=(q.Area(of=q.Turned(of=q.Cover(name=names[0]), into=q.Cover(name="water"))),))


_KINDS: Mapping[str, Callable[[Sequence[str]], q.Query]] = {
    "share": lambda names: q.Query(measures=(q.Share(of=_cover(names)),)),
    "area": lambda names: q.Query(measures=(q.Area(of=_cover(names)),)),
    "segment": lambda names: q.Query(measures=(q.Area(of=_cover(names)),)),
    "total": lambda names: q.Query(measures=(q.Area(of=_cover(names)),)),
    "cloud_use": lambda names: q.Query(measures=(q.Share(of=q.Cover(name="clouds")),)),
    "where": lambda names: q.Query(measures=(q.Position(of=_cover(names)),)),
    "exists": lambda names: q.Query(measures=(q.Exists(of=_cover(names)),)),
    "count": lambda names: q.Query(measures=(q.Count(of=_cover(names)),)),
    "larger": _versus(None),
    "smaller": _versus(None),
    "difference": _versus(None),
    "more_yn": _versus(">"),
    "less_yn": _versus("<"),
    "touch": lambda names: q.Query(measures=(q.Touches(of=q.Cover(name=names[0]), to=q.Cover(name=names[1])),)),
    "distance": lambda names: q.Query(measures=(q.Distance(of=q.Cover(name=names[0]), to=q.Cover(name=names[1])),)),
    "change": lambda names: q.Query(measures=(q.NetChange(of=_cover(names)),)),
    "gain": _change("gained"),
    "loss": _change("lost"),
    "flood": lambda names: _change("gained")(("water",)),
    "flooded_class": _flooded,
    "dominant": lambda names: q.Query(measures=(q.Dominant(),)),
    "describe": lambda names: q.Query(measures=(q.Classes(),)),
    "change_any": lambda names: q.Query(measures=(q.NetChange(of=q.Everything()),), by=q.ByClasses()),
}
_PAIRS = frozenset({"larger", "smaller", "difference", "more_yn", "less_yn", "touch", "distance"})
#: Kinds whose classes are given by the kind, not named.
_NAMELESS = frozenset({"cloud_use", "flood", "dominant", "describe", "change_any"})


def query_of(reading: Reading) -> q.Query | None:
    """Return what the encoder read as a query; None for kinds that are none, and where it is not sure."""
    make = _KINDS.get(reading.kind)
    if make is None or reading.sure < SURE or (reading.kind in _PAIRS and len(reading.labels) != 2):
        return None
    return make(reading.labels) if reading.labels or reading.kind in _NAMELESS else None


def is_plain(items: Sequence[Item], reading: Reading) -> bool:
    """Say whether a kind and its classes hold all that the known words of a question say.

    No number, size, place, date, layer, negation or relation; and the classes that it names are those that were read.
    A class that the grammar does not know the name of is taken from the encoder where that is very sure.
    """
    named: set[str] = set()
    strange = False
    for item in items:
        kinds = {meaning.kind for meaning in item.meanings}
        if kinds & _CLASS:
            found = {meaning.value for meaning in item.meanings if meaning.kind in _CLASS} & set(reading.labels)
            if reading.kind not in _NAMELESS and not found:
                return False
            named |= found
        elif item.has("w"):
            if not item.has("filler") and not any(item.has("w", word) for word in _PLAIN_WORDS):
                return False
        elif not kinds & (_PLAIN | _OF_KIND.get(reading.kind, frozenset())) or item.quantity is not None:
            return False
        strange = strange or item.has("unknown")
    if reading.kind in _NAMELESS or named == set(reading.labels):
        return True
    return named < set(reading.labels) and strange and reading.sure >= VERY_SURE


def unit_of(items: Sequence[Item]) -> str | None:
    """Return the unit that a question asks for, None for none."""
    return next((unit for item in items if (unit := item.get("unit")) is not None), None)

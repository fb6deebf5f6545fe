"""Query: what a question means, as data.

A small algebra that says which ground is meant (*regions*), what is measured of it (*measure*), for what it is split
(*by*), and what the number is held against (*test*). It is the one meaning of "question" for every way of asking. All
types are immutable, have a JSON form (`encode`, `decode`) and one schema (`schema`). Sizes are in metres and square
metres, shares 0 to 1; dates are ISO 8601 text with no more than is known ("2019-07-31", "2019").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import msgspec

from terrascope.errors import TerraScopeError


class QueryError(TerraScopeError):
    """A query that is none."""

    code = "query"


class _Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is", kw_only=True):
    """Base of everything in a query."""


Comparison: TypeAlias = Literal[">", ">=", "<", "<=", "=", "!="]
Place: TypeAlias = Literal[
    "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west", "centre"
]


#: Classes that are no ground but hide it: they are not of what was observed.
SKY = frozenset({"clouds"})


# --- regions: which ground ------------------------------------------------------------------------------------------
class Cover(_Node, frozen=True, tag="class"):
    """Ground of a land-cover class, by its name in the table."""

    name: str


class Everything(_Node, frozen=True, tag="everything"):
    """All ground that was observed."""


class AnyOf(_Node, frozen=True, tag="any"):
    """Ground of at least one region."""

    of: tuple[Region, ...]


class AllOf(_Node, frozen=True, tag="all"):
    """Ground of every region."""

    of: tuple[Region, ...]


class Not(_Node, frozen=True, tag="not"):
    """Observed ground that is not of a region."""

    of: Region


class Minus(_Node, frozen=True, tag="minus"):
    """Ground of one region without that of another."""

    of: Region
    without: Region


class Limit(_Node, frozen=True, tag="limit"):
    """Ground where a band, an index of bands ("ndvi") or a raster layer is over or under a value."""

    value_of: str
    test: Comparison
    value: float


class Features(_Node, frozen=True, tag="features"):
    """Ground inside the features of a vector layer; `named` picks those whose `column` has that value."""

    layer: str
    column: str | None = None
    named: str | None = None


class Within(_Node, frozen=True, tag="within"):
    """A part of the image or of a layer's extent: a half, a third or a ninth of it towards a side."""

    place: Place
    part: Literal["half", "third", "ninth"] = "half"


class Polygon(_Node, frozen=True, tag="polygon"):
    """Ground inside a polygon, WKT in a CRS (authority code or WKT)."""

    wkt: str
    crs: str


class Near(_Node, frozen=True, tag="near"):
    """Ground whose distance to a region, from pixel centre to pixel centre, is at most so many metres; itself too."""

    of: Region
    metres: float


class Parts(_Node, frozen=True, tag="parts"):
    """The parts of a region that meet every condition. Pixels that touch by a corner belong together.

    Attributes
    ----------
    over_m2, under_m2
        Least and greatest area of a part, the limit itself left out.
    largest, smallest
        How many of the largest or smallest parts are kept, after the other conditions.
    touching
        Parts that touch this region, be it by a corner, or overlap it.
    near, metres
        Parts of which a pixel lies at most so many metres from a region.
    whole
        Leave out parts that the image's edge cuts.
    """

    of: Region
    over_m2: float | None = None
    under_m2: float | None = None
    largest: int | None = None
    smallest: int | None = None
    touching: Region | None = None
    near: Region | None = None
    metres: float | None = None
    whole: bool = False


class At(_Node, frozen=True, tag="at"):
    """A region as it was on a date; "first" and "last" are those of the dates that are there."""

    of: Region
    date: str


class Change(_Node, frozen=True, tag="change"):
    """Ground that came to a region, left it or stayed in it between two dates; both must have been observed."""

    of: Region
    how: Literal["gained", "lost", "kept"]
    start: str = "first"
    end: str = "last"


class Turned(_Node, frozen=True, tag="turned"):
    """Ground of one region at the first of two dates and of another at the second."""

    of: Region
    into: Region
    start: str = "first"
    end: str = "last"


Region: TypeAlias = (
    Cover | Everything | AnyOf | AllOf | Not | Minus | Limit | Features | Within | Polygon | Near | Parts | At | Change
    | Turned
)  # fmt: skip


# --- measures: what of it -------------------------------------------------------------------------------------------
class Measure(_Node, frozen=True, tag=True):
    """Base of the measures."""


class Area(Measure, frozen=True, tag="area"):
    """Area of a region, m2."""

    of: Region


class Share(Measure, frozen=True, tag="share"):
    """Part of a region's area in that of another, 0 to 1: the area that they have in common over the second's."""

    of: Region
    whole: Region = Everything()


class Count(Measure, frozen=True, tag="count"):
    """Number of parts of a region."""

    of: Region


class ListParts(Measure, frozen=True, tag="list"):
    """The parts of a region with their areas, the largest first."""

    of: Region


class Perimeter(Measure, frozen=True, tag="perimeter"):
    """Length of a region's outline, holes and image edge included, m."""

    of: Region


class Distance(Measure, frozen=True, tag="distance"):
    """Least distance of two regions from edge to edge, m; 0 where they touch."""

    of: Region
    to: Region


class Border(Measure, frozen=True, tag="border"):
    """Length of the line that two regions have in common, m."""

    of: Region
    to: Region


class Position(Measure, frozen=True, tag="position"):
    """Where in the image most of a region lies."""

    of: Region


class Mean(Measure, frozen=True, tag="mean"):
    """Mean of a band, an index or a raster layer over a region."""

    value_of: str
    of: Region = Everything()


class Exists(Measure, frozen=True, tag="exists"):
    """Whether there is any of a region."""

    of: Region


class Touches(Measure, frozen=True, tag="touches"):
    """Whether two regions touch, be it by a corner."""

    of: Region
    to: Region


class Classes(Measure, frozen=True, tag="classes"):
    """Area and share of every class that can be seen, in a region."""

    of: Region = Everything()


class Dominant(Measure, frozen=True, tag="dominant"):
    """The class with the largest area in a region."""

    of: Region = Everything()


class NetChange(Measure, frozen=True, tag="net"):
    """Area of a region at the second of two dates less that at the first, m2, over ground observed at both."""

    of: Region
    start: str = "first"
    end: str = "last"


class Rate(Measure, frozen=True, tag="rate"):
    """Net change a year, m2."""

    of: Region
    start: str = "first"
    end: str = "last"


AnyMeasure: TypeAlias = (
    Area | Share | Count | ListParts | Perimeter | Distance | Border | Position | Mean | Exists | Touches | Classes
    | Dominant | NetChange | Rate
)  # fmt: skip


# --- by, test, output -----------------------------------------------------------------------------------------------
class ByFeatures(_Node, frozen=True, tag="features"):
    """One row a feature of a vector layer, or a value of one of its columns."""

    layer: str
    column: str | None = None


class ByDates(_Node, frozen=True, tag="dates"):
    """One row a date."""


class ByClasses(_Node, frozen=True, tag="classes"):
    """One row a class."""


class ByParts(_Node, frozen=True, tag="places"):
    """One row for each of two opposite halves, or each of the nine parts of the image."""

    parts: Literal["north-south", "east-west", "ninths"]


By: TypeAlias = ByFeatures | ByDates | ByClasses | ByParts


class Threshold(_Node, frozen=True, tag="threshold"):
    """Whether the number is over or under a value (m2, m, share, count; as the measure has it)."""

    test: Comparison
    value: float


class Compared(_Node, frozen=True, tag="compared"):
    """The number beside that of another measure: which is larger, by how much, how many times; `times` is a limit."""

    to: AnyMeasure
    test: Comparison | None = None
    times: float = 1.0


class Ranked(_Node, frozen=True, tag="ranked"):
    """Which row is the largest or smallest: of classes, of features, of dates."""

    order: Literal["largest", "smallest"]
    count: int = 1


Test: TypeAlias = Threshold | Compared | Ranked


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A question.

    Attributes
    ----------
    measures
        What is measured, in the order in which it is said; several for a comparison of several things.
    by
        For what each is split; None: once for the whole.
    test
        What the number is held against; None for a plain number.
    inside
        A region to which the whole question is confined; None for all of the image.
    date
        The date that all regions without a date of their own are of; None: the last.
    unit
        The unit asked for, as in `units.table`, "%" or "times"; None for one that suits.
    output
        How it is shown.
    language
        Of the answer, ISO 639-1.
    """

    measures: tuple[AnyMeasure, ...]
    by: By | None = None
    test: Test | None = None
    inside: Region | None = None
    date: str | None = None
    unit: str | None = None
    output: Literal["sentence", "table", "chart"] = "sentence"
    language: str = "en"


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word of a question: where it stands (characters) and what became of it."""

    start: int
    end: int
    use: Literal["used", "filler", "not used"]


class Understood(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a reader made of a question.

    Attributes
    ----------
    query
        None where it cannot be answered; then `reason` says why.
    words
        What became of each word. A word that carries meaning and is "not used" is said in the answer.
    nearest
        Queries to choose from where the question is asked back.
    reason
        Why there is no query.
    reader
        Who read: "embedded", "endpoint", "person", "program".
    """

    query: Query | None
    words: tuple[Word, ...] = ()
    nearest: tuple[Query, ...] = ()
    reason: Reason | None = None
    reader: Literal["embedded", "endpoint", "person", "program"] = "program"


Reason: TypeAlias = Literal[
    "class unknown", "not visible at this pixel size", "needs a height model", "one date only", "language not read",
    "names, prices, people", "not about the image", "future", "layer missing", "band missing",
]  # fmt: skip

_DECODER = msgspec.json.Decoder(Query)
_ENCODER = msgspec.json.Encoder()


def decode(text: str | bytes) -> Query:
    """Read a query from JSON.

    Raises
    ------
    QueryError
        If it is no query; the message names the place.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise QueryError(f"This is no query: {error}.", "See `schema` for what one looks like.") from error


def encode(query: Query) -> str:
    """Return a query as JSON; fields that have their default are left out."""
    return _ENCODER.encode(query).decode()


def data(part: _Node | Query) -> dict[str, Any]:
    """Return a query, or a part of one, as JSON data."""
    found: dict[str, Any] = msgspec.json.decode(_ENCODER.encode(part))
    return found


def from_data(value: object) -> Query:
    """Return the query that JSON data is; raises as `decode` does."""
    return decode(msgspec.json.encode(value))


def schema() -> dict[str, Any]:
    """Return the JSON schema of a query."""
    return msgspec.json.schema(Query)


def children(node: _Node | Query) -> Iterator[_Node]:
    """Yield the parts of a query that are directly in one."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, _Node):
                yield each


def walk(node: _Node | Query) -> Iterator[_Node]:
    """Yield every part of a query, the outer before the inner."""
    for each in children(node):
        yield each
        yield from walk(each)

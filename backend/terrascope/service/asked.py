"""What a question is taken to mean: a query that is run over masks, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from terrascope.errors import TerraScopeError
from terrascope.networks.embedded.plain_question import is_plain, query_of, unit_of
from terrascope.networks.interface import Network
from terrascope.questions import query as q
from terrascope.questions.query import Query, Understood, Word, data
from terrascope.questions.reading import Context, Layer, read
from terrascope.questions.reading.items import items_of
from terrascope.questions.reading.language import language_of
from terrascope.questions.reading.tokens import tokens_of
from terrascope.questions.wording import Wording, phrase, sentence
from terrascope.reasoning.program import Program, refusal_text
from terrascope.scene.types import Scene
from terrascope.service.request import QuestionRequest
from terrascope.service.scene_ground import SceneGround

#: How far classes are favoured and held back to see what the answer could as well have been.
SWAYS = (-0.2, 0.2)
#: Reasons behind which another reading may stand: words that the grammar does not know.
_OPEN_REASONS = frozenset({None, "class unknown", "one date only"})
_CHANGES = (q.Change, q.Turned, q.NetChange, q.Rate)
#: Values of a column that a question may name; columns of more are keys, not names.
_MOST_VALUES = 500
#: Features of a layer whose values are looked through; a layer of more has none that a question may name.
_MOST_FEATURES = 20_000
_RASTERS = frozenset({".tif", ".tiff", ".vrt", ".img", ".asc", ".jp2", ".nc", ".dem", ".hgt"})


@dataclass(frozen=True)
class Asked:
    """A question as it was understood, and what runs it.

    Attributes
    ----------
    text
        What was understood, in words; empty where nothing was.
    not_used
        Words of the question that carry meaning and were not used.
    """

    understood: Understood
    program: Program
    text: str = ""
    not_used: tuple[str, ...] = ()

    @property
    def query(self) -> Query | None:
        """What is run; None for a refusal."""
        return self.understood.query

    @property
    def query_data(self) -> Mapping[str, Any] | None:
        """The query as JSON data."""
        return None if self.query is None else data(self.query)

    @property
    def note(self) -> str:
        """A sentence about the words that were not used; empty where there is none."""
        return self._unused(self.query.language if self.query else "en")

    def _unused(self, language: str) -> str:
        if not self.not_used:
            return ""
        words = ", ".join(f"“{word}”" for word in self.not_used)
        return sentence(f"{phrase('not read', language)}: {words}", language)

    def refusal(self, question: str) -> str:
        """Return why there is no query, and what could be asked instead, in the language of the nearest one."""
        near = self.understood.nearest
        language = near[0].language if near else language_of(tokens_of(question), question) or "en"
        reason = self.understood.reason
        text = refusal_text(reason, language) if reason else sentence(phrase("no answer", language), language)
        if self.not_used and reason in (None, "class unknown"):
            text += " " + self._unused(language)
        if near:
            wording = Wording(language, tuple(self.program.ground.dates), self.program.has_metres)
            nearest = "; ".join(wording.query(each) for each in near[:3])
            text += f" {phrase('did you mean', language)}: {nearest}?"
        return text


def asked(request: QuestionRequest, scene: Scene, network: Network) -> Asked | None:
    """Return what a question is taken to mean; None where the network reads it itself.

    A query that the asker gave is run as it is. Else questions to the embedded network are read, but for multiple
    choice.

    Raises
    ------
    TerraScopeError
        If a query was given and the network has no classes of every pixel.
    """
    scores = getattr(network, "scores", None)
    if scores is None or (request.query is None and request.options):
        return None
    intervals = getattr(network, "model_interval", None)
    ground = SceneGround(scene, lambda view: scores(scene, view), dict(request.layers), intervals=intervals)
    program = Program(ground, scene.grid.crs is not None, [ground.swayed(sway) for sway in SWAYS])
    if request.query is not None:
        understood = Understood(query=request.query, reader="program")
    else:
        context = context_of(request, scene, ground)
        understood = read(request.question, context)
        if understood.query is None:
            understood = in_free_words(request.question, context, network, understood)
    if understood.query is not None and request.zones is not None:
        if understood.query.by not in (None, request.zones):
            raise TerraScopeError(
                "The question is split already (by dates, classes or places), and one row a polygon is wanted.",
                "Ask for one number, or leave the polygons out.",
            )
        understood = msgspec.structs.replace(
            understood, query=msgspec.structs.replace(understood.query, by=request.zones)
        )
    dates = tuple(ground.dates)
    text = "" if understood.query is None else Wording(understood.query.language, dates).query(understood.query)
    words = tuple(request.question[word.start : word.end] for word in understood.words if word.use == "not used")
    return Asked(understood, program, text, words)


def in_free_words(question: str, context: Context, network: Network, understood: Understood) -> Understood:
    """Return what the network's encoder reads of a plain English question that the grammar could not read.

    What was understood before stays where the reason is one that no other reading would change, and where the question
    holds a condition.
    """
    language = getattr(network, "language", None)
    tokens = tokens_of(question)
    if language is None or understood.reason not in _OPEN_REASONS or language_of(tokens, question) != "en":
        return understood
    reading = language.read(question, (), len(context.dates))
    query, items = query_of(reading), items_of(tokens, "en", context)
    if query is None or not is_plain(items, reading):
        return understood
    if len(context.dates) == 1 and any(isinstance(each, _CHANGES) for each in q.walk(query)):
        return understood
    unit = unit_of(items)
    if unit is not None and unit != "%" and isinstance(query.measures[0], (q.Area, q.Distance)):
        query = msgspec.structs.replace(query, unit=unit)
    lost = {token.start for item in items if item.has("unknown") for token in tokens[item.first : item.last + 1]}
    words = tuple(Word(token.start, token.end, "not used" if token.start in lost else "used") for token in tokens)
    return Understood(query=query, words=words, reader="embedded")


def context_of(request: QuestionRequest, scene: Scene, ground: SceneGround) -> Context:
    """Return what a reader is told of a scene."""
    last = scene.views[ground.view_of(ground.dates[-1])]
    bands = {band for view in scene.views for band in view.bands}
    return Context(
        dates=tuple(ground.dates),
        layers=tuple(_layer(name, path) for name, path in request.layers.items()),
        bands=tuple(sorted(bands)),
        pixel_m=ground.pixel_m,
        role="sar" if last.role.value == "sar" else "optical",
        previous=request.context,
    )


def _layer(name: str, path: Path) -> Layer:
    file, _, part = str(path).partition("|layername=")
    if Path(file).suffix.lower() in _RASTERS:
        return Layer(name, "raster")
    import pyogrio  # loads pandas, and most questions name no layer
    from pyogrio.errors import DataSourceError

    try:
        frame = pyogrio.read_dataframe(file, layer=part or None, read_geometry=False, max_features=_MOST_FEATURES)
    except (DataSourceError, OSError, ValueError):  # said when the layer is used
        return Layer(name)
    columns = {}
    for column in frame.columns:
        values = sorted({str(each) for each in frame[column].dropna().unique()})
        known = len(values) <= _MOST_VALUES and len(frame) < _MOST_FEATURES
        columns[str(column)] = tuple(values) if known else ()
    return Layer(name, "vector", columns)

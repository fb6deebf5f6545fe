"""How well questions are read: `python -m terrascope_lab.bench.reading TABLE.tsv [QUERIES.tsv]`.

TABLE has the questions as people typed them: id, language, context (in words), question, meaning, answerable, reason.
QUERIES has what each means: id, queries (a JSON list of acceptable Queries, the best first; empty where there is none),
reason, note. Printed by language:

equal     of the questions with a Query: read as one of the acceptable ones, compared by their normal forms
silent    of all questions: answered by another Query although no word is said to be unused
wrongly refused   of the questions with a Query: no Query was read
refused   of those without one: no Query was read; and for the right reason
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from terrascope.questions import query as q
from terrascope.questions.normal_form import normal_form
from terrascope.questions.reading import Context, Layer, read
from terrascope.questions.reading.follow import mapped
from terrascope.questions.reading.items import items_of
from terrascope.questions.reading.reader import zone_kinds
from terrascope.questions.reading.tokens import plain_form, tokens_of

_CODES = {"English": "en", "German": "de", "French": "fr", "Spanish": "es", "Portuguese": "pt", "Italian": "it",
          "Chinese": "zh"}  # fmt: skip
_PREVIOUS = re.compile(
    r"[;;]\s*(?:previous question|vorherige Frage|question précédente|pregunta anterior|pergunta anterior|"
    r"domanda precedente|上一个问题|earlier question|last question)\s*[::]\s*(.*)$",
    re.IGNORECASE | re.DOTALL,
)
_NO_LAYER = re.compile(r"\b(?:no|keine|pas de|sin|sem|nessun|senza)\b|没有", re.IGNORECASE)
_RASTER = {"slope": r"slope|neigung|pente|pendiente|declividade|pendenza|坡度",
           "height": r"height|dem\b|dtm|höhe|altitude|altura|elevaç|quota|elevation|mnt|高程"}  # fmt: skip
_NOISE = re.compile(
    r"\b(?:in the project|vector|polygon|line|point|layers?|polygons?|raster|of|the|field|with|DEM-derived|derived|"
    r"couche|des?|capa|camada|livello|poligono|admin|lines?|und|and|layer|project|a)\b|图层|layer", re.IGNORECASE
)  # fmt: skip
_SENSOR_BANDS: tuple[tuple[str, Literal["optical", "sar"], tuple[str, ...]], ...] = (
    (r"Sentinel-1|SAR", "sar", ("vv", "vh")),
    (r"Sentinel-2", "optical", ("blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir1",
                               "swir2")),
    (r"Landsat", "optical", ("blue", "green", "red", "nir", "swir1", "swir2")),
    (r"NAIP|RGB\+NIR|Planet|4 bands|CIR|RGBI|SPOT|Pléiades|Pleiades", "optical", ("blue", "green", "red", "nir")),
    (r"RGB|RVB|Aerial|Luftbild|Orthophoto|aérea|Ortofoto|航拍|drone|UAV", "optical", ("blue", "green", "red")),
)  # fmt: skip


@dataclass
class Row:
    """A question of the table, and what it means."""

    id: str
    language: str
    context: str
    question: str
    meaning: str
    answerable: bool
    queries: tuple[q.Query, ...] = ()
    reason: str = ""


def context_of(text: str, language: str) -> Context:
    """Return the context that a few words of the table tell of."""
    previous: q.Query | None = None
    before: str | None = None
    if match := _PREVIOUS.search(text):
        before, text = match.group(1), text[: match.start()]
    bands: tuple[str, ...] | None = None
    role: Literal["optical", "sar"] = "optical"
    for pattern, kind, names in _SENSOR_BANDS:
        if re.search(pattern, text, re.IGNORECASE):
            bands, role = names, kind
            break
    text_of_size = re.sub(r"Sentinel-\d|Landsat[ -]?\d\b", " ", text)
    size = re.search(r"(?<!\d)(\d{1,3}(?:[.,]\d+)?)\s?m\b", text_of_size)
    pixel = float(size.group(1).replace(",", ".")) if size else None
    layers: list[Layer] = []
    for number, part in enumerate(re.split(r"[;;]", text)):
        if number == 0 or not part.strip() or _NO_LAYER.search(part):
            continue
        said: list[str] = []  # what stands in brackets, whose commas part nothing

        def kept(match: re.Match[str], said: list[str] = said) -> str:
            said.append(match.group())
            return f" \x00{len(said) - 1}\x00 "

        for each in re.split(r",|、|\band\b|\bund\b|\bet\b| y | e |和", re.sub(r"[((][^))]*[))]", kept, part)):
            whole = re.sub("\x00(\\d+)\x00", lambda found, said=said: said[int(found.group(1))], each)
            held = next((name for name, pattern in _RASTER.items() if re.search(pattern, whole, re.IGNORECASE)), None)
            name = re.sub("\x00\\d+\x00", " ", each)
            name = " ".join(re.sub(_NOISE, " ", name).split()) or name.strip() or whole.strip()
            columns: dict[str, tuple[str, ...]] = {"name": ()}
            if held is not None:
                layers.append(Layer(name, "raster", measures=held))
            elif name:
                name = re.sub(r"layer$", "", name).strip() or name
                layers.append(Layer(name, "vector", columns))
    dates = _dates(re.split(r"[;;]", text)[0], language)
    context = Context(dates, tuple(layers), bands, pixel, role, None)  # type: ignore[arg-type]
    if before is not None:
        previous = _query_of(before, context)
        if previous is None and read(before, context).reason == "layer missing":  # it was there then
            items = items_of(tokens_of(before), language, context)
            layers += [Layer(item.text, "vector", {"name": ()}) for item in items if item.has("zone")]
            context = dataclasses.replace(context, layers=tuple(layers))
            previous = _query_of(before, context)
    return dataclasses.replace(context, previous=previous)


def _query_of(question: str, context: Context) -> q.Query | None:
    found = read(question, dataclasses.replace(context, pixel_m=None, bands=None, role="optical"))
    return found.query or next(iter(found.nearest), None)


def _dates(text: str, language: str) -> tuple[str, ...]:
    """Dates that a context names: years, months with and without days."""
    text = text.replace(",", ", ")
    month = r"([^\W\d]{3,})\.?"
    text = re.sub(rf"(\d{{1,2}}) (?:e|y|et|and|und) (\d{{1,2}}) {month} (\d{{4}})", r"\1 \3 \4, \2 \3 \4", text)
    text = re.sub(r"(\d{4})年(\d+)月(\d+)日和(\d+)日", r"\1年\2月\3日, \1年\2月\4日", text)
    text = re.sub(r"(\d{2})\.(\d{2})\. und (\d{2})\.(\d{2})\.(\d{4})", r"\1.\2.\5, \3.\4.\5", text)
    text = re.sub(r"Sentinel-\d|Landsat[ -]?\d\b|\d+ bands?|\d+(?:[.,]\d+)?\s?m\b", " ", text)
    items = items_of(tokens_of(text), language, Context(dates=()), mend=False)
    found = [item.date for item in items if item.date and not item.has("when")]
    years = [date[:4] for date in found if re.match(r"\d{4}", date)]
    months = [date for date in found if date.startswith("-")]
    if re.search(r"monthly|mensile|monatlich|mensual|mensuel|逐月", text) and years:
        return tuple(f"{years[0]}-{month:02}" for month in range(1, 13))
    if re.search(r"ten dates", text) and len(years) == 2:
        return tuple(str(round(int(years[0]) + n * (int(years[1]) - int(years[0])) / 9)) for n in range(10))
    if re.search(r"tous les 5 ans|every (?:5|five) years", text) and len(years) == 2:
        return tuple(str(year) for year in range(int(years[0]), int(years[1]) + 1, 5))
    if months and years:
        found = [f"{years[-1]}{date}" if date.startswith("-") else date for date in found]
    known = sorted({date for date in found if re.match(r"\d{4}", date)})
    if len({len(date) for date in known}) > 1:
        known = [date for date in known if not any(other != date and other.startswith(date) for other in known)]
    if re.search(r"before|vor\b|avant|antes|prima|前后|pre-flood|two scenes|2 dates", text) and len(known) < 2:
        return ("first date", "last date")
    return tuple(known)


def rows_of(table: Path, queries: Path | None) -> list[Row]:
    """Read the tables."""
    known: dict[str, tuple[tuple[q.Query, ...], str]] = {}
    if queries is not None:
        for line in _lines(queries):
            found = tuple(q.decode(json.dumps(each)) for each in json.loads(line["queries"] or "[]"))
            known[line["id"]] = found, line.get("reason") or ""
    rows = []
    for line in _lines(table):
        found, reason = known.get(line["id"], ((), line.get("reason") or ""))
        answerable = bool(found) if queries is not None and line["id"] in known else line["answerable"] == "yes"
        rows.append(Row(line["id"], _CODES.get(line["language"], line["language"] if line["language"] in
                        _CODES.values() else "other"), line["context"], line["question"], line["meaning"], answerable,
                        found, reason))  # fmt: skip
    return rows


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def bare(query: q.Query) -> q.Query:
    """Return the normal form of a query without the language of the answer; layers by what their names say they are.

    The table tells of layers in words, and reader and author each make names of them. How a result is shown and its
    order are no part of the meaning.
    """
    plain = mapped(msgspec.structs.replace(query, language="en", output="sentence"), _by_kind)
    return normal_form(plain)


def _by_kind(node: Any) -> Any:
    if isinstance(node, (q.Features, q.ByFeatures)):
        kinds = zone_kinds(Layer(node.layer), "en")
        things = kinds & {"road", "river", "rail", "building", "coast"}
        column = "name" if isinstance(node, q.Features) and node.named is not None else None
        return msgspec.structs.replace(node, layer=min(things, default="zone"), column=column)
    if isinstance(node, (q.Limit, q.Mean)):
        name = next(
            (kind for kind, pattern in _RASTER.items() if re.search(pattern, node.value_of, re.IGNORECASE)), None
        )
        return node if name is None else msgspec.structs.replace(node, value_of=name)
    return node


@dataclass
class Outcome:
    """What became of a question."""

    row: Row
    found: q.Understood

    @property
    def equal(self) -> bool:
        """Say whether one of the acceptable Queries was read."""
        return self.found.query is not None and bare(self.found.query) in {bare(each) for each in self.row.queries}

    @property
    def silent(self) -> bool:
        """Say whether a wrong Query was read without a word about it."""
        told = any(word.use == "not used" for word in self.found.words)
        return self.found.query is not None and not self.equal and not told


def outcomes(rows: Iterable[Row]) -> list[Outcome]:
    """Read every question."""
    return [
        Outcome(
            row, read(row.question, context_of(row.context, row.language if row.language in _CODES.values() else "en"))
        )
        for row in rows
    ]


def report(found: Sequence[Outcome]) -> str:
    """Return the figures as text, a language a line."""
    lines = [f"{'':8}{'n':>5}{'equal':>9}{'silent':>9}{'wrongly refused':>18}{'refused':>10}{'right reason':>15}"]
    languages = [*dict.fromkeys(each.row.language for each in found), "all"]
    for language in languages:
        some = [each for each in found if language in ("all", each.row.language)]
        yes = [each for each in some if each.row.answerable]
        no = [each for each in some if not each.row.answerable]
        refused = [each for each in no if each.found.query is None]
        lines.append(
            f"{language:8}{len(some):5}{_percent([each.equal for each in yes])}"
            f"{_percent([each.silent for each in some])}{_percent([each.found.query is None for each in yes], 18)}"
            f"{_percent([each in refused for each in no], 10)}"
            f"{_percent([each in refused and each.row.reason in ('', '-', each.found.reason) for each in no], 15)}"
        )
    return "\n".join(lines)


def _percent(hits: Sequence[bool], width: int = 9) -> str:
    return f"{100 * sum(hits) / len(hits):{width - 2}.1f} %" if hits else " " * (width - 1) + "-"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("queries", type=Path, nargs="?")
    parser.add_argument("--show", action="store_true", help="print every question that was read otherwise")
    chosen = parser.parse_args(arguments)
    found = outcomes(rows_of(chosen.table, chosen.queries))
    for each in found if chosen.show else ():
        if not each.equal and (each.row.answerable or each.found.query is not None):
            sys.stdout.write(described(each) + "\n\n")
    sys.stdout.write(report(found) + "\n")


def described(each: Outcome) -> str:
    """Return an outcome for looking at."""
    unused = [each.row.question[word.start : word.end] for word in each.found.words if word.use == "not used"]
    return "\n".join([
        f"{each.row.id} {each.row.question}",
        f"   meant {each.row.meaning}",
        *(f"   right {q.encode(query)}" for query in each.row.queries[:1]),
        f"   read  {'-' if each.found.query is None else q.encode(each.found.query)}"
        f" {each.found.reason or ''} {' '.join(unused)}",
    ])  # fmt: skip


if __name__ == "__main__":
    main()

__all__ = ["Outcome", "Row", "context_of", "main", "outcomes", "plain_form", "report", "rows_of"]

"""Questions in words, and the Query of each."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from terrascope.questions import query as q
from terrascope.questions.reading import Context, Layer, read

WATER, TREES, TOWN = q.Cover(name="water"), q.Cover(name="trees"), q.Cover(name="built-up area")
NEW_WATER = q.Change(of=WATER, how="gained")
SERIES = Context(
    dates=("2000-07-01", "2010-07-03", "2020-07-02"),
    layers=(Layer("districts"), Layer("slope", kind="raster", measures="slope")),
    bands=("blue", "green", "red", "nir", "swir1", "swir2"),
    pixel_m=1.0,
)


def area(of: q.Region, **fields: object) -> q.Query:
    return q.Query(measures=(q.Area(of=of),), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (
            "share of forest patches over 2 ha within 200 m of water in the northern half, per district, in 2010",
            q.Query(
                measures=(q.Share(of=q.Parts(of=TREES, over_m2=2e4, near=WATER, metres=200.0)),),
                by=q.ByFeatures(layer="districts"), inside=q.Within(place="north"), date="2010",
            ),
        ),
        ("how many acres of nothern woodlnad in july 2010",
         area(TREES, inside=q.Within(place="north"), date="2010-07", unit="acre")),
        ("How many lakes larger than 1 ha?", q.Query(measures=(q.Count(of=q.Parts(of=WATER, over_m2=1e4)),))),
        ("did the town grow?",
         q.Query(measures=(q.NetChange(of=TOWN),), test=q.Threshold(test=">", value=0.0))),
        ("how much forest was lost between 2000 and 2020",
         area(q.Change(of=TREES, how="lost", start="2000", end="2020"))),
        ("Is the water larger than 2 km2?", area(WATER, test=q.Threshold(test=">", value=2e6))),
        ("Distance from the largest lake to the nearest road",
         q.Query(measures=(q.Distance(of=q.Parts(of=WATER, largest=1), to=q.Cover(name="roads")),))),
        ("In which year was the city largest?",
         area(TOWN, by=q.ByDates(), test=q.Ranked(order="largest"))),
        ("How did the water change between the two dates?", q.Query(measures=(q.NetChange(of=WATER),))),
        ("Where did the water grow?",
         q.Query(measures=(q.Position(of=NEW_WATER), q.Area(of=NEW_WATER)))),
        ("How much of the image is not water?", q.Query(measures=(q.Share(of=q.Not(of=WATER)),))),
        ("how much of the scene isn't water", q.Query(measures=(q.Share(of=q.Not(of=WATER)),))),
        ("Which half is wetter, the north or the south?",
         area(WATER, by=q.ByParts(parts="north-south"), test=q.Ranked(order="largest"))),
        ("is there more forest than water",
         area(TREES, test=q.Compared(to=q.Area(of=WATER), test=">"))),
    ],
)  # fmt: skip
def test_a_question_is_its_query(text: str, query: q.Query) -> None:
    found = read(text, SERIES)
    assert found.query == query, found


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("de", "Wie groß ist die Waldfläche in der Nordhälfte?", area(TREES, inside=q.Within(place="north"))),
        ("de", "Wie viel Acker ist zwischen 2000 und 2020 zu Siedlung geworden?",
         area(q.Turned(of=q.Cover(name="cropland"), into=TOWN, start="2000", end="2020"))),
        ("fr", "Quelle part de l'image est couverte de forêt ?", q.Query(measures=(q.Share(of=TREES),))),
        ("fr", "surface boisée à plus de 1 km de la rivière",
         area(q.AllOf(of=(TREES, q.Not(of=q.Near(of=WATER, metres=1000.0)))))),
        ("es", "¿Qué distrito perdió más bosque?",
         area(q.Change(of=TREES, how="lost"), by=q.ByFeatures(layer="districts"), test=q.Ranked(order="largest"))),
        ("pt", "Quantos lagos com mais de 2 ha existem no norte?",
         q.Query(measures=(q.Count(of=q.Parts(of=WATER, over_m2=2e4)),), inside=q.Within(place="north"))),
        ("it", "dove si trova il lago più grande",
         q.Query(measures=(q.Position(of=q.Parts(of=WATER, largest=1)),))),
        ("zh", "离水体500米以内的森林面积", area(q.AllOf(of=(TREES, q.Near(of=WATER, metres=500.0))))),
        ("zh", "2010年大于1公顷的湖有几个?",
         q.Query(measures=(q.Count(of=q.Parts(of=WATER, over_m2=1e4)),), date="2010")),
    ],
)  # fmt: skip
def test_in_other_languages(language: str, text: str, query: q.Query) -> None:
    found = read(text, SERIES)
    assert found.query == msgspec.structs.replace(query, language=language), found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("How many cars are there?", "class unknown"),
        ("How high are the trees?", "needs a height model"),
        ("Wem gehört der Wald?", "names, prices, people"),
        ("¿Cuánto bosque habrá en 2040?", "future"),
        ("racconta una barzelletta", "not about the image"),
        ("Сколько здесь леса?", "language not read"),
        ("forest per county", "layer missing"),
        ("mean thermal band of the water", "band missing"),
        ("Hvor meget skov er der?", "language not read"),
    ],
)
def test_what_cannot_be_answered_says_why(text: str, reason: str) -> None:
    found = read(text, SERIES)
    assert found.query is None and found.reason == reason, found


def test_one_image_has_no_change_and_its_pixels_no_houses() -> None:
    one = Context(dates=("2020-07-01",), pixel_m=10.0)
    assert read("did the forest grow?", one).reason == "one date only"
    assert read("how many houses?", one).reason == "not visible at this pixel size"


def test_a_word_that_is_not_known_asks_back_with_the_nearest_query() -> None:
    found = read("area of enchanted forest", SERIES)
    assert found.query is None and found.nearest == (area(TREES),)
    lost = [word for word in found.words if word.use == "not used"]
    assert [(word.start, word.end) for word in lost] == [(8, 17)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("and in 2010?", area(TREES, date="2010")),
        ("same for water", area(WATER)),
        ("in acres", area(TREES, unit="acre")),
        ("only in the south", area(TREES, inside=q.Within(place="south"))),
        ("per district", area(TREES, by=q.ByFeatures(layer="districts"))),
        ("which ones?", q.Query(measures=(q.ListParts(of=TREES),))),
        ("how many?", q.Query(measures=(q.Count(of=TREES),))),
        ("within 200 m of water", area(q.AllOf(of=(TREES, q.Near(of=WATER, metres=200.0))))),
        ("how sure?", area(TREES)),
    ],
)
def test_a_follow_up_changes_the_query_before(text: str, query: q.Query) -> None:
    found = read(text, dataclasses.replace(SERIES, previous=area(TREES)))
    assert found.query == query, found

"""Questions in words, and the Query of each."""

from __future__ import annotations

import pytest

from terrascope.questions import query as q
from terrascope.questions.reading import Context, Layer, read

WATER, TREES, TOWN = q.Cover(name="water"), q.Cover(name="trees"), q.Cover(name="built-up area")
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
        ("is there more forest than water",
         area(TREES, test=q.Compared(to=q.Area(of=WATER), test=">"))),
    ],
)  # fmt: skip
def test_a_question_is_its_query(text: str, query: q.Query) -> None:
    found = read(text, SERIES)
    assert found.query == query, found

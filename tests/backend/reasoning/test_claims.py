"""What the text claims is tied to the right mask and judged within the rounding of the text."""

from __future__ import annotations

import datetime as dt
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.landcover.words import FOREIGN_WORDS, WORDS
from terrascope.masks import measure
from terrascope.reasoning.claims import Claim, ClaimKind, StepEvidence, Verdict, check_claims
from terrascope.scene.types import Affine6, Grid

GRID = Grid(100, 100, Affine6(10, 0, 5e5, 0, -10, 5e6), "EPSG:32633")
BARE = Grid(100, 100, Affine6(1, 0, 0, 0, 1, 0), None)
YES, NO, OPEN = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.NOT_CHECKABLE


def box(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((100, 100), bool)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def evidence(
    step: int, label: str, mask: np.ndarray, view: int = 0, date: dt.date | None = None, grid: Grid = GRID
) -> StepEvidence:
    return StepEvidence(step, label, mask, measure(mask, np.ones_like(mask), grid), grid, view, date)


WATER = box((0, 0, 20, 100))  # 20 %, 20 ha
FOREST = box((20, 0, 50, 100))  # 30 %, 30 ha, along the water
HOUSES = box((80, 10, 90, 20), (80, 50, 90, 60))  # 2 %, two parts, 310 m from the forest
ONE_DATE = [evidence(1, "water", WATER), evidence(2, "forest", FOREST), evidence(3, "buildings", HOUSES)]
TWO_DATES = [
    evidence(1, "water", WATER, 0, dt.date(2019, 5, 1)),
    evidence(2, "water", box((0, 0, 30, 100)), 1, dt.date(2021, 6, 1)),  # 30 %
]


def verdicts(text: str, steps: list[StepEvidence] = ONE_DATE, **asked: object) -> list[tuple[str, Verdict]]:
    return [(claim.kind.value, claim.verdict) for claim in check_claims(text, steps, **asked)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Water covers 20 % of the image.", [("share", YES)]),
        ("The lake covers 25% of the image.", [("share", NO)]),
        ("20 % of the image is water and 30% is forest.", [("share", YES), ("share", YES)]),
        ("An image with 20 % water and 31 % woodland.", [("share", YES), ("share", NO)]),
        ("Water (20 %) and forest (30 %) can be seen.", [("share", YES), ("share", YES)]),
        ("Forest: 30.0%, water: 20.0%, buildings: 2.0%", [("share", YES)] * 3),
        ("Water and forest cover 20 % and 30 %, respectively.", [("share", YES), ("share", YES)]),
        ("Together, water and forest cover 50 % of the scene.", [("share", YES)]),
        ("More than 25 % of the image is forest.", [("share", YES)]),
        ("More than 35 % of the image is forest.", [("share", NO)]),
        ("Less than 5 % is covered by buildings.", [("share", YES)]),
        ("About a third of the image is forest.", [("share", YES)]),
        ("Half of the image is forest.", [("share", NO)]),
        ("Between 25 and 35 % of the image is forest.", [("share", YES)]),
        ("The forest has an area of 0.3 km2.", [("area", YES)]),
        ("The forest has an area of 300,000 m2, or 74.1 acres.", [("area", YES), ("area", YES)]),
        ("The water occupies 20 ha. Its area is 21 ha.", [("area", YES), ("area", NO)]),
        ("The water occupies 2,000 pixels.", [("pixels", YES)]),
        ("The water is 10 ha smaller than the forest.", [("area", YES), ("comparison", YES)]),
        ("The forest is 50 % larger than the water.", [("share", YES), ("comparison", YES)]),
        ("There are 2 buildings and 3 lakes.", [("count", YES), ("count", NO)]),
        ("Two separate patches of buildings are visible.", [("count", YES), ("existence", YES)]),
        ("The forest consists of one part.", [("count", YES)]),
        ("The nearest buildings are 310 m away from the forest.", [("length", YES)]),
        ("The distance between the forest and the buildings is 500 m.", [("length", NO)]),
        ("The border between the forest and the water is 1 km long.", [("length", YES)]),
        ("The perimeter of the forest is 2.6 km.", [("length", YES)]),
        ("The forest touches the water.", [("adjacency", YES)]),
        ("The buildings do not touch the water.", [("adjacency", YES)]),
        ("The water is adjacent to the buildings.", [("adjacency", NO)]),
        ("The forest and the lake share a common boundary.", [("adjacency", YES)]),
        ("Neither the forest nor the lake touches the buildings.", [("adjacency", YES)]),
        ("The forest is larger than the lake.", [("comparison", YES)]),
        ("There is more water than forest.", [("comparison", NO)]),
        ("The forest is not smaller than the lake.", [("comparison", YES)]),
        ("The woods exceed the lake in size.", [("comparison", YES)]),
        ("Forest is the dominant class.", [("comparison", YES)]),
        ("The largest class is water.", [("comparison", NO)]),
        ("There is no water in this image.", [("existence", NO)]),
        ("The image contains a forest.", [("existence", YES)]),
        ("There is no snow.", [("existence", OPEN)]),
        ("Snow covers 3 %.", [("share", OPEN)]),
        ("Water covers 70% of the forest.", [("share", OPEN)]),
        ("It covers 12 %.", [("share", OPEN)]),
        ("The river is 40 m wide.", [("length", OPEN)]),
        ("The largest building covers 1 ha.", [("area", YES)]),
        ("The largest building covers 2 ha.", [("area", NO)]),
        ("Each building covers about 100 m2 on average.", [("area", OPEN)]),
        ("The remaining 80 % is other than water.", [("share", OPEN)]),
        ("50 % of the image is neither water nor forest.", [("share", YES)]),
        ("The buildings lie within 500 m of the forest.", [("length", YES)]),
        ("The buildings lie within 200 m of the forest.", [("length", NO)]),
        ("No buildings are adjacent to the water.", [("adjacency", YES)]),
        ("There is no contact between the forest and the water.", [("adjacency", NO)]),
        ("The water area is 2000 pixels x 100 m2 = 200,000 m2.", [("area", YES), ("pixels", YES)]),
        ("Compared with the forest (30 %), the water covers 20 %.", [("share", YES), ("share", YES)]),
    ],
)
def test_claims_are_found_tied_and_judged(text: str, expected: list[tuple[str, Verdict]]) -> None:
    assert sorted(verdicts(text)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        "The image was taken in 2019 with 10 m resolution.",
        "Step 1: look at the picture. Step 2: find the lake.",
        "Is the forest larger than the lake?",
        "Let me check whether the forest touches the buildings.",
        "If water covers more than 50 %, it is a flood.",
        "A farm needs at least 5 ha of forest.",
        "I am 90 % sure that this is a lake.",
        "No water was gained.",
        "At t1 and t2 the images look alike.",
        "",
    ],
)
def test_what_claims_nothing_is_passed_over(text: str) -> None:
    assert check_claims(text, ONE_DATE) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At t1 water covers 20 %; at t2 it covers 30 %.", [("share", YES), ("share", YES)]),
        ("At t2 water covers 20 %.", [("share", NO)]),
        ("In 2021 the water covered 30 ha.", [("area", YES)]),
        ("Before the flood, the water covered 30 ha.", [("area", NO)]),
        ("Water grew from 20 % to 30 %.", [("change", YES), ("share", YES), ("share", YES)]),
        ("Water grew from 20 % to 35 %.", [("change", YES), ("share", YES), ("share", NO)]),
        ("Water increased by 10 ha between 2019 and 2021.", [("change", YES), ("change", YES)]),
        ("Water increased by 50 %.", [("change", YES), ("change", YES)]),
        ("Water increased by 10 percentage points.", [("change", YES), ("change", YES)]),
        ("The lake decreased by 10 ha.", [("change", NO), ("change", NO)]),
        ("The water shrank.", [("change", NO)]),
        ("The water gained 10 ha and lost 0 ha.", [("change", YES), ("change", YES)]),
        ("The water remained stable.", [("change", NO)]),
    ],
)
def test_dates_decide_which_mask_is_meant(text: str, expected: list[tuple[str, Verdict]]) -> None:
    assert sorted(verdicts(text, TWO_DATES)) == sorted(expected)


def test_what_was_flooded_is_what_the_water_gained() -> None:
    question = "How did the water change between 2019 and 2021?"
    for said, verdict in (("10 ha", YES), ("10 %", YES), ("12 ha", NO)):
        text = f"<think>Water [SEG] Water [SEG]</think><answer>{said} was flooded.</answer>"
        assert verdicts(text, TWO_DATES, question=question) == [("change", verdict)]


def test_a_mask_mark_ties_the_text_to_the_mask_before_it() -> None:
    text = (
        "<think>Image: t1, the water [SEG] covers 20 %. Image: t2, the water [SEG] covers 30 %.</think>"
        "<answer>It grew by 10 percentage points.</answer>"
    )
    claims = check_claims(text, TWO_DATES)
    assert all(claim.verdict is YES for claim in claims)
    assert [claim.steps for claim in claims if claim.kind is ClaimKind.SHARE] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("question", "options", "answer", "kind", "verdict"),
    [
        ("Does the forest touch the water?", (), "Yes", "adjacency", YES),
        ("Do the houses border the woods?", (), "Yes, they do.", "adjacency", NO),
        ("Do the houses border the woods?", (), "No.", "adjacency", YES),
        ("Is the lake larger than the forest?", (), "No", "comparison", YES),
        ("Is there any water?", (), "No", "existence", NO),
        ("How much of the image is forest?", (), "30 %", "share", YES),
        ("What is the area of the lake in hectares?", (), "25 ha", "area", NO),
        ("How far are the houses from the forest?", (), "310 m", "length", YES),
        ("How many buildings are there?", (), "2", "count", YES),
        ("Which is larger, the forest or the water?", (), "The forest", "comparison", YES),
        ("Which covers less, the forest or the water?", (), "The forest", "comparison", NO),
        ("What proportion of the image is occupied by trees?", ("10%", "20%", "30%"), "C", "share", YES),
        ("What proportion of the image is occupied by trees?", ("10%", "20%", "30%"), "A", "share", NO),
        ("Which covers more, the forest or the water?", ("Forest", "Water"), "B", "comparison", NO),
        ("Do the forest and water touch?", ("A. Yes", "B. No"), "A. Yes", "adjacency", YES),
    ],
)
def test_a_bare_answer_is_about_what_was_asked(
    question: str, options: tuple[str, ...], answer: str, kind: str, verdict: Verdict
) -> None:
    text = f"<think>I look at the image.</think><answer>{answer}</answer>"
    assert verdicts(text, question=question, options=options) == [(kind, verdict)]


def test_houses_that_were_marked_as_settlement_are_checked_where_they_lie_and_never_counted() -> None:
    steps = [evidence(1, "built-up area", FOREST), evidence(2, "water", WATER)]
    ask = "Do the houses touch the water?"
    assert verdicts("<answer>Yes, they do.</answer>", steps, question=ask) == [("adjacency", YES)]
    (claim,) = check_claims("<answer>There are 2 houses.</answer>", steps, question="How many houses are there?")
    assert claim.verdict is OPEN


def test_both_values_stand_in_the_unit_of_the_text() -> None:
    (claim,) = check_claims("The lake has an area of 0.25 km2.", ONE_DATE)
    assert (claim.claimed, claim.measured, claim.unit) == (0.25, 0.2, "km2")
    assert "'water' (step 1)" in claim.reason
    assert json.loads(json.dumps(claim.to_dict()))["verdict"] == "contradicted"


def test_without_a_crs_areas_are_not_checkable_but_shares_are() -> None:
    steps = [evidence(1, "water", WATER, grid=BARE)]
    assert verdicts("Water covers 20 % or 12 ha.", steps) == [("share", YES), ("area", OPEN)]


def test_an_empty_mask_touches_nothing_that_could_be_checked() -> None:
    steps = [evidence(1, "water", WATER), evidence(2, "snow", box())]
    assert verdicts("The snow touches the water.", steps) == [("adjacency", OPEN)]
    assert verdicts("There is no snow.", steps) == [("existence", YES)]
    assert verdicts("The snow is 40 m away from the water.", steps) == [("length", OPEN)]


def test_a_flood_mask_is_not_the_water_mask() -> None:
    steps = [evidence(1, "water", WATER), evidence(2, "flooded area", box((0, 0, 5, 100)))]
    assert verdicts("The flooded area covers 5 % and the water 20 %.", steps) == [("share", YES), ("share", YES)]


FLOODED = TWO_DATES[1].mask & ~WATER
CROPS = box((20, 0, 60, 100))
FLOOD_STEPS = [
    evidence(1, "cropland", CROPS, 0),
    evidence(2, "water", WATER, 0),
    evidence(3, "water", TWO_DATES[1].mask, 1),
    evidence(3, "flooded", FLOODED, 1),
    evidence(3, "water lost", box(), 1),
]
LEAD = "<think>I mark the water [SEG]. Then the trees [SEG].</think><answer>"
LEAD_TWO = "<think>Image t1: I mark the water [SEG]. Image t2: I mark the water [SEG].</think><answer>"
LEAD_FLOOD = (
    "<think>Image t1: I mark the cropland [SEG]. Image t1: I mark the water [SEG]. Image t2: I mark the water [SEG]."
    "</think><answer>"
)


@pytest.mark.parametrize(
    ("text", "steps", "number"),
    [
        (LEAD + "Water covers 20.00 % of the area (20 ha).", ONE_DATE[:2], 2),
        (LEAD + "Water lies mostly in the north (20.00 % of the area).", ONE_DATE[:2], 1),
        (LEAD + "Yes, there is water: 20.00 % of the area, mostly in the north.", ONE_DATE[:2], 2),
        (LEAD + "1 patch of trees (30.00 % of the area).", ONE_DATE[:2], 2),
        (LEAD + "Trees cover more: 30.00 % against 20.00 %.", ONE_DATE[:2], 3),
        (LEAD + "Yes, trees cover 30.00 % against 20.00 % of water.", ONE_DATE[:2], 2),
        (LEAD + "Trees cover more by 10 ha (10.00 % of the area).", ONE_DATE[:2], 3),
        (LEAD + "Together they cover 50.00 % of the area (50 ha).", ONE_DATE[:2], 2),
        (LEAD + "Water: 20.00 % (20 ha); trees: 30.00 % (30 ha).", ONE_DATE[:2], 4),
        (LEAD + "Yes, they are adjacent and touch along 1000 m.", ONE_DATE[:2], 2),
        (LEAD + "They are 10 m apart and touch.", ONE_DATE[:2], 2),
        (LEAD + "They touch: 10 m apart.", ONE_DATE[:2], 2),
        (LEAD + "Trees dominate: 30.00 % of the area.", ONE_DATE[:2], 2),
        (LEAD + "Trees cover most: 30.00 % of the area, then water: 20.00 %.", ONE_DATE[:2], 2),
        (LEAD + "No, trees cover 30.00 % of the area (30 ha).", ONE_DATE[:2], 2),
        (
            LEAD + "In part: water covers 20 % and trees 30 % of the area; soil and climate are not seen.",
            ONE_DATE[:2],
            2,
        ),
        (LEAD + "High: water touches the trees; terrain height and flood defences are not seen.", ONE_DATE[:2], 1),
        (LEAD + "Low: trees cover 30.00 % of the area; slope and soil are not seen.", ONE_DATE[:2], 1),
        (LEAD + "The scene shows water (20.00 %, mostly north) and trees (30.00 %, mostly centre).", ONE_DATE[:2], 3),
        (LEAD_TWO + "Water grew from 20.00 % to 30.00 %: gained 10 ha (10.00 % of the area), lost 0 m2.", TWO_DATES, 6),
        (LEAD_TWO + "10 ha (10.00 % of the area) of water was gained.", TWO_DATES, 2),
        (LEAD_FLOOD + "10 ha (10.00 % of the area) was flooded.", FLOOD_STEPS, 2),
        (LEAD_FLOOD + "10 ha (10.00 % of the area) of cropland was flooded.", FLOOD_STEPS, 2),
    ],
)  # fmt: skip
def test_what_the_embedded_model_copies_from_its_evidence_is_supported(
    text: str, steps: list[StepEvidence], number: int
) -> None:
    claims = check_claims(text + "</answer>", steps)
    assert [(claim.kind.value, claim.reason) for claim in claims if claim.verdict is not YES] == []
    assert len(claims) == number


@pytest.mark.parametrize(("claimed", "verdict"), [("33.3", YES), ("33", YES), ("33.4", NO), ("33.27", NO), ("30", NO)])
def test_rounding_of_the_text_is_allowed_and_no_more(claimed: str, verdict: Verdict) -> None:
    mask = np.zeros((100, 100), bool)
    mask.ravel()[:3333] = True
    assert verdicts(f"Water covers {claimed} % of the image.", [evidence(1, "water", mask)]) == [("share", verdict)]


@pytest.mark.parametrize("label", [label for label in WORDS if label not in ("vegetation", "open land")])
def test_everyday_words_mean_their_class(label: str) -> None:
    steps = [evidence(1, label, WATER)]
    for word in (label, *WORDS[label][1][:12], *FOREIGN_WORDS.get(label, ())[:2]):
        if word not in ("see", "tracks", "structures"):
            assert verdicts(f"The {word} cover 20 % of the image.", steps) == [("share", YES)], word


WORDS_OF_CLAIMS = (
    "water forest lake houses 20 % 12 ha 3 km2 310 m touches not no is larger than the image t1 t2 2019 [SEG] <answer> "
    "</answer> from to between and , . ; ? : ( ) about more less covers increased by lost 1e9 -5 1,234.5 ² ٣ ½ ∞ nan "
    "one border distance respectively together half it they dominant there are \n \ud7ff İ ß"
).split(" ")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS_OF_CLAIMS), max_size=60), st.sampled_from([ONE_DATE, TWO_DATES, []]))
def test_shuffled_words_raise_nothing(words: list[str], steps: list[StepEvidence]) -> None:
    text = " ".join(words)
    claims = check_claims(text, steps, question=text[:80], options=("20 %", "forest"))
    assert all(isinstance(claim, Claim) for claim in claims)
    json.dumps([claim.to_dict() for claim in claims])


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_odd_text_raises_nothing(text: str, question: str) -> None:
    for claim in check_claims(text, ONE_DATE, question=question):
        assert claim.verdict in Verdict
        assert np.isfinite(claim.claimed) if isinstance(claim.claimed, float) else True


@pytest.mark.parametrize(
    "piece",
    [
        "water covers 20 % of the forest and ",
        "9" * 500,
        "1,",
        "the forest touches the water not ",
        "((((",
        "a-",
        "from 1 to 2 ha ",
    ],
)
def test_time_is_bounded_for_endless_text(piece: str) -> None:
    start = time.process_time()
    claims = check_claims((piece * 40_000)[:400_000], ONE_DATE)
    assert time.process_time() - start < 4.0
    assert len(claims) <= 200

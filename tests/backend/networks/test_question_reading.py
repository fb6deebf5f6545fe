"""How questions are read: words for classes, slips, dates, and how the pieces of a reading hang together."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from terrascope.class_words import cues, labels_in, misspelt, own_words
from terrascope.networks.embedded.certainty import certainty, spread
from terrascope.networks.embedded.evidence_text import Facts
from terrascope.networks.embedded.question import contrast_in, counts_people, early_in, read_question, unit_in
from terrascope.networks.embedded.reading import ONE_OR_TWO, TWO_OR_MORE, Reading, reading_of
from terrascope.networks.embedded.session import asked_points
from terrascope.networks.embedded.tokens import Vocabulary
from terrascope.networks.embedded.verdicts import verdict
from terrascope.networks.embedded.wordpiece import SPECIAL, WordPieces
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

MANIFEST = {
    "kinds": ["share", "larger", "change", "suit_other", "among", "refuse_unseen"],
    "labels": ["water", "trees", "grass"],
    "units": ["auto"],
    "classes": {"share": 1, "larger": 2, "change": 1, "suit_other": ONE_OR_TWO, "among": TWO_OR_MORE},
}


def _read(
    kinds: dict[str, float], first: list[float], others: list[float], named: tuple[str, ...] = (), dates: int = 2
) -> Reading:
    of_kind = [kinds.get(kind, 0.0) for kind in MANIFEST["kinds"]]
    return reading_of(np.array([*of_kind, *first, *others, 1.0, 0.0], np.float32), MANIFEST, named, dates)


def test_english_words_are_not_taken_for_foreign_classes() -> None:
    assert labels_in("Do you see a forest?") == ("trees",)
    assert labels_in("Wie groß ist der See?") == ("water",)
    assert labels_in("where could a bush fire spread") == ()


def test_accents_and_capitals_do_not_matter() -> None:
    assert labels_in("FORET et RIVIÈRE") == labels_in("forêt et riviere") == ("trees", "water")


@pytest.mark.parametrize(
    ("text", "label"), [("how big is the foerst", "trees"), ("open watr", "water"), ("the lakdes", "water")]
)
def test_one_slip_of_the_fingers_is_seen_through(text: str, label: str) -> None:
    known = {"how", "big", "is", "the", "open"}
    assert [found for _, _, found in misspelt(text, [], known.__contains__)] == [label]


def test_a_proper_word_is_no_slip() -> None:
    assert misspelt("the forests lane", [(4, 11, "trees")], {"the", "lane"}.__contains__) == []


def test_pieces_of_words_stand_in_their_places() -> None:
    pieces = WordPieces([*SPECIAL, "wo", "##ods", "?", "e"])
    assert pieces.encode_places("Woods é?") == [(4, 0, 5), (5, 0, 5), (7, 6, 7), (6, 7, 8)]
    assert pieces.encode_places("xyz") == [(1, 0, 3)]


def test_a_change_cannot_be_seen_at_one_date_unless_something_else_may_be_meant() -> None:
    assert _read({"change": 0.9}, [0.9, 0, 0], [0, 0, 0], dates=1).kind == "refuse_dates"
    assert _read({"change": 0.5, "share": 0.4}, [0.9, 0, 0], [0, 0, 0], dates=1).kind == "share"
    assert _read({"change": 0.9}, [0.9, 0, 0], [0, 0, 0]).kind == "change"


def test_named_classes_come_first_and_in_the_order_of_the_question() -> None:
    found = _read({"larger": 0.9}, [0.4, 0.4, 0.1], [0.4, 0.4, 0.1], ("trees", "water"))
    assert found.labels == ("trees", "water")
    assert _read({"larger": 0.9}, [0.9, 0, 0], [0, 0, 0]).kind == "refuse_class"


def test_suitability_takes_one_class_or_two() -> None:
    assert _read({"suit_other": 0.9}, [0.1, 0.1, 0.9], [0, 0, 0]).labels == ("grass",)
    assert _read({"suit_other": 0.9}, [0.9, 0, 0.1], [0, 0.9, 0]).labels == ("water", "trees")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("how many hectares of forest", "ha"), ("area in square kilometres", "km2"), ("how many m² are roofs", "m2"),
        ("forest in sq km", "km2"), ("how far in metres", "m"), ("is it more than 3km away", "km"),
        ("how big am i", "auto"),
        ("which is larger options: 120 m² ; 30 m²", "m2"),
    ],
)  # fmt: skip
def test_the_unit_is_the_one_that_is_named(text: str, unit: str) -> None:
    assert unit_in(text) == unit


def test_words_that_tell_of_a_class_are_seen_beside_its_names() -> None:
    assert [label for _, _, label in cues("how wooded is the lake shore", [(18, 22, "water")])] == ["trees", "water"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [("how much water", True), ("how deep is the water", False), ("which lake is this", False),
     ("in which direction is the sea", True), ("how much is the house", False), ("how much is there", False)],
)  # fmt: skip
def test_plain_questions_hold_nothing_unknown(text: str, plain: bool) -> None:
    assert read_question(WordPieces([*SPECIAL, *"abcdefghijklmnopqrstuvwxyz"]), text).plain is plain


def test_what_is_in_danger_is_where_people_live_unless_named() -> None:
    manifest = {**MANIFEST, "kinds": ["risk_flood"], "classes": {"risk_flood": ONE_OR_TWO}}
    found = reading_of(np.array([1, 0.9, 0, 0, 0, 0, 0, 1, 0], np.float32), manifest, ("water",))
    assert found.labels == ("water", "built-up area")


def test_own_words_are_those_for_a_whole_class() -> None:
    assert own_words("are there more woods than farmland near the lake") == {
        "trees": ("woods", True),
        "cropland": ("farmland", False),
    }
    assert own_words("forest or woods") == {}


def test_the_verb_goes_with_the_word_of_the_question() -> None:
    vocabulary = Vocabulary(["covers", "cover", "there", "is", "are", "no"])
    ids = [vocabulary.ids[token] for token in ("C:trees", "cover")]
    assert vocabulary.show(ids, {}, "auto", [0], {"trees": "forest"}, {"trees": False}) == " Forest covers"
    ids = [vocabulary.ids[token] for token in ("there", "is", "no", "L:cropland")]
    assert vocabulary.show(ids, {}, "auto", [0], {"cropland": "fields"}, {"cropland": True}) == " there are no fields"


def _series(years: tuple[int, ...]) -> Scene:
    views = tuple(
        View(
            str(year), Role.OPTICAL, dt.date(year, 6, 1), ("red",), Scale.REFLECTANCE, np.zeros((1, 4, 4), np.float32),
            np.ones((4, 4), bool), Source(""),
        )
        for year in years
    )  # fmt: skip
    return Scene(Grid(4, 4, Affine6(10, 0, 0, 0, -10, 0), "EPSG:32632"), views, (10.0, 10.0))


@pytest.mark.parametrize(
    ("question", "points"),
    [
        ("how did the lake change", [0, 5]),
        ("how did the lake change since 2003", [2, 5]),
        ("what changed from 2002 to 2004", [1, 3]),
        ("compare t2 and t3", [1, 2]),
        ("how much water in 2006", [0, 5]),
    ],
)
def test_of_a_long_series_the_dates_asked_for_are_looked_at(question: str, points: list[int]) -> None:
    scene = _series((2001, 2002, 2003, 2004, 2005, 2006))
    assert asked_points(question, scene, [[rank] for rank in range(6)]) == points


def test_verdicts_follow_from_the_measurements() -> None:
    much, little, none = Facts(0.4), Facts(0.02), Facts(0.0)
    near, far = Facts(0.1, distance=120.0), Facts(0.1, distance=5000.0)
    assert verdict("suit_build", ["open land"], [much]) == "Yes"
    assert verdict("suit_farm", ["cropland"], [little]) == "No"
    assert verdict("risk_flood", ["water", "buildings"], [much, near]) == "High"
    assert verdict("risk_flood", ["water", "buildings"], [much, far]) == "Low"
    assert verdict("risk_fire", ["trees", "buildings"], [none, near]) == "Low"
    assert verdict("risk_other", ["bare land"], [much]) == "High"
    assert verdict("share", ["water"], [much]) is None


def test_certainty_falls_where_a_threshold_would_turn_the_answer() -> None:
    margin = np.full((10, 10), 0.9, np.float32)
    valid = np.ones((10, 10), bool)
    sure = spread(margin - 1.8 * (np.arange(10)[None] >= 5).astype(np.float32), valid)
    unsure = spread(np.linspace(-0.5, 0.5, 100, dtype=np.float32).reshape(10, 10), valid)
    half = Facts(0.5)
    options = ("10 %", "50 %", "90 %")
    assert certainty("share", [sure], [half], options) == 1.0
    assert certainty("share", [unsure], [half], ("48 %", "50 %", "52 %")) < 0.5
    assert certainty("larger", [unsure, sure], [half, half], ()) < 0.7


@pytest.mark.parametrize(
    ("text", "early"),
    [
        ("how much of the area is water at the last date?", False),
        ("how much forest is there at the first date?", True),
        ("how much water was there before the flood?", True),
        ("how much forest is there now?", False),
        ("how much forest is there?", None),
        ("what changed between the first and the last date?", None),
    ],
)
def test_the_date_that_a_question_names_is_taken(text: str, early: bool | None) -> None:
    assert early_in(text) is early


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how much of the scene is water at the second date but was not at the first?", "gain"),
        ("how much of the scene was water at the first date but is not at the second?", "loss"),
        ("which forest was there before but is no longer there?", "loss"),
        ("how much water is there at the second date?", None),
    ],
)
def test_one_date_is_set_against_the_other(text: str, kind: str | None) -> None:
    assert contrast_in(text) == kind


def test_people_are_not_counted_from_above() -> None:
    assert counts_people("how many people live here?")
    assert not counts_people("how many lakes do people see here?")

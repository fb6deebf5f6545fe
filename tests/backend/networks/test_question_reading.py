"""How questions are read: words for classes, slips, dates, and how the pieces of a reading hang together."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from terrascope.landcover import LABELS
from terrascope.landcover.words import cues, labels_in, misspelt, own_words
from terrascope.networks.embedded.certainty import certainty, spread
from terrascope.networks.embedded.constraints import Constraints
from terrascope.networks.embedded.evidence_text import Facts, area_text, percent
from terrascope.networks.embedded.purposes import NAMED, PURPOSES
from terrascope.networks.embedded.question import (
    contrast_in,
    counts_people,
    early_in,
    limit_in,
    read_question,
    settled,
    unit_in,
)
from terrascope.networks.embedded.reading import ONE_OR_TWO, TWO_OR_MORE, Limit, Reading, reading_of
from terrascope.networks.embedded.session import asked_points, coarse, settlement
from terrascope.networks.embedded.tokens import OPENINGS, Vocabulary, evidence_tokens
from terrascope.networks.embedded.verdicts import found_nothing, verdict
from terrascope.networks.embedded.wordpiece import SPECIAL, WordPieces
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View
from terrascope_lab.training.language.word_order import word_order

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
    assert own_words("how many lakes, and any mangroves on the beach") == {}


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
    assert verdict("suit_build", ["bare land", "grass"], [much, none]) == "Yes"
    assert verdict("suit_build", ["bare land", "grass"], [Facts(0.15), Facts(0.15)]) == "Yes"
    assert verdict("suit_farm", ["cropland", "grass"], [little, little]) == "No"
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


def test_a_lake_need_not_fill_the_picture_to_sail_on_it() -> None:
    assert verdict("suit_water", ["water"], [Facts(0.01, area=4e6)]) == "Yes"
    assert verdict("suit_water", ["water"], [Facts(0.3, area=3000.0)]) == "No"
    assert verdict("suit_water", ["water"], [Facts(0.3)]) == "Yes"  # sizes are not known: by the share


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("is more than half of it water?", Limit(0.5, True)),
        ("does forest cover less than 20 % of the area", Limit(0.2, False)),
        ("is it mostly forest?", Limit(0.5, True)),
        ("is it mostly forest or grass?", None),
        ("how much is more than half", None),
        ("is there any water", None),
    ],
)  # fmt: skip
def test_a_limit_is_read_of_yes_or_no_questions_only(text: str, limit: Limit | None) -> None:
    assert limit_in(text) == limit


def test_a_share_with_a_limit_is_answered_by_yes_or_no() -> None:
    found = settled(Reading("share", ("water",), "auto", False, 0.9), "is over half of it water", 1, False, ("water",))
    assert (found.kind, found.labels, found.limit) == ("limit", ("water",), Limit(0.5, True))
    assert verdict("limit", ["water"], [Facts(0.6)], found.limit) == "Yes"
    assert verdict("limit", ["water"], [Facts(0.4)], found.limit) == "No"
    chosen = settled(Reading("share", ("water",), "auto", False, 0.9), "is over half of it water", 1, True, ("water",))
    assert chosen.kind == "share"


def test_what_there_was_at_one_date_is_no_change() -> None:
    gained = Reading("gain", ("trees",), "auto", False, 0.6)
    assert settled(gained, "how much forest was there in 1985 (t1)?", 2, False).kind == "share"
    assert settled(gained, "was there any forest in 1985 (t1)?", 2, False).kind == "exists"
    assert settled(gained, "how much new forest is there since 1985 (t1)?", 2, False).kind == "gain"


def test_houses_that_cannot_be_told_apart_are_spoken_of_as_built_up_area() -> None:
    assert settlement(("buildings", "water")) == ("built-up area", "water")
    assert settlement(("buildings", "built-up area")) == ("buildings", "built-up area")
    assert coarse((10.0, 10.0)) and coarse(None) and not coarse((0.5, 0.5))


def test_every_purpose_names_its_classes_or_takes_those_of_the_question() -> None:
    assert NAMED == {"suit_other", "risk_other", "risk_flood", "risk_fire"}
    for kind, purpose in PURPOSES.items():
        assert set(purpose.classes) <= set(LABELS)
        assert purpose.opening.endswith(".")
        assert bool(purpose.unseen) == bool(purpose.classes), kind
        assert OPENINGS[kind] == purpose.opening


def test_nothing_is_said_to_be_nothing_but_what_is() -> None:
    lost = Facts(0.2, since="t1", loss_share=0.19)
    assert found_nothing("loss", [Facts(0.39), lost]) is False
    assert found_nothing("gain", [Facts(0.39), lost]) is True
    assert found_nothing("where", [Facts(0.0)]) is True
    assert found_nothing("describe", [Facts(0.2)]) is None


def test_a_mask_with_nothing_in_it_is_sure_where_nothing_else_could_be_there() -> None:
    valid = np.ones((10, 10), bool)
    nothing = spread(np.full((10, 10), -0.9, np.float32), valid)
    assert certainty("share", [nothing], [Facts(0.0)], ()) == 1.0
    nearly = np.full((10, 10), -0.9, np.float32)
    nearly[0, 0] = -0.1
    assert certainty("share", [spread(nearly, valid)], [Facts(0.0)], ()) == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.1234, "12.34 %"), (0.0001, "0.01 %"), (0.000034, "less than 0.01 %")],
)
def test_a_small_share_is_not_written_as_nothing_and_nothing_not_as_a_small_one(share: float, text: str) -> None:
    assert percent(share) == text


def test_acres_are_not_more_exact_than_what_they_come_from() -> None:
    assert area_text(19_820.0, "acres") == "4.9 acres"
    assert area_text(19_820.0, "ha") == "1.982 ha"


def _allowed(kind: str, facts: list[Facts], labels: tuple[str, ...], said: str) -> set[str]:
    """What may come after the words said of an answer."""
    order = word_order()[kind]
    words = sorted({word for words in order.values() for word in words.split()})
    vocabulary = Vocabulary([word for word in words if word not in Vocabulary([]).ids and word[0] != "{"])
    rules = Constraints(vocabulary, Reading(kind, labels, "auto", False, 0.9), 1, None, order)
    for step, (label, found) in enumerate(zip(labels, facts), 1):
        for token in (f"L:{label}", "[SEG]"):
            rules.wrote(token)
        rules.measured(found, {token: value for token, value in evidence_tokens(found, step) if value})
    for token in ("</think>", "<answer>", *said.split()):
        rules.wrote(token)
    return {token for token, banned in zip(vocabulary.tokens, rules.forbidden()) if not banned}


def test_an_answer_cannot_begin_one_sentence_and_end_another() -> None:
    apart = [Facts(0.3), Facts(0.2, other="water", touching=False, distance=40.0)]
    assert _allowed("touch", apart, ("water", "trees"), "") == {"No"}
    assert _allowed("touch", apart, ("water", "trees"), "No , they are not adjacent") == {":"}


def test_brackets_are_left_out_where_there_is_no_number_for_them() -> None:
    assert _allowed("share", [Facts(0.3)], ("water",), "C:water covers {share.1} of the area") == {"."}
    assert _allowed("share", [Facts(0.3, 5e4)], ("water",), "C:water covers {share.1} of the area") == {"(", "."}


def test_a_description_names_every_cover_once_the_largest_first() -> None:
    facts, labels = [Facts(0.5, where="north"), Facts(0.3, where="south")], ("grass", "water")
    assert _allowed("describe", facts, labels, "The scene shows") == {"L:grass"}
    said = "The scene shows L:grass ( {share.1} , mostly {where.1} )"
    assert _allowed("describe", facts, labels, said) == {"and"}
    assert _allowed("describe", facts, labels, f"{said} and") == {"L:water"}


def test_what_is_there_is_never_said_to_be_missing() -> None:
    labels, facts = ("water", "trees"), [Facts(0.2), Facts(0.3, other="water")]
    assert _allowed("suit_leisure", facts, labels, "Yes , likely :") == {"L:water"}
    assert _allowed("suit_leisure", facts, labels, "Yes , likely : L:water covers {share.1}") == {"and"}
    none = [Facts(0.0), Facts(0.3, other="water")]
    assert _allowed("suit_leisure", none, labels, "Yes , likely :") == {"L:trees"}
    assert _allowed("suit_leisure", none, labels, "Yes , likely : L:trees cover {share.2} of the area") == {","}


def test_how_something_changed_is_neither_gain_nor_loss_alone() -> None:
    gained = Reading("gain", ("trees",), "auto", False, 0.6)
    assert settled(gained, "how did the forest change between 1995 (t1) and 2010 (t2)?", 2, False).kind == "change"
    assert settled(gained, "what changed to forest?", 2, False).kind == "gain"


def test_a_verdict_on_a_place_is_as_sure_as_its_classes_are_together() -> None:
    valid = np.ones((10, 10), bool)
    half = np.where(np.arange(10)[None] < 5, 0.9, -0.9).astype(np.float32) * np.ones((10, 1), np.float32)
    unsure = np.full((10, 10), -0.9, np.float32)
    unsure[0, :3] = 0.1
    masks = [spread(unsure, valid), spread(half, valid)]
    assert certainty("suit_build", masks, [Facts(0.03), Facts(0.5)], ()) == 1.0


def test_a_question_that_names_the_evidence_of_a_purpose_is_rather_about_that_class() -> None:
    manifest = {"kinds": ["exists", "suit_grass"], "labels": ["water", "trees", "grass"], "units": ["auto"],
                "classes": {"exists": 1, "suit_grass": ["grass"]}}  # fmt: skip
    torn = np.array([0.4, 0.6, 0, 0, 0.9, 0, 0, 0, 1, 0], np.float32)
    assert reading_of(torn, manifest, ("grass",), 1).kind == "exists"
    assert reading_of(torn, manifest, (), 1).kind == "suit_grass"


def test_masks_touch_in_the_answer_only_where_they_touch() -> None:
    vocabulary = Vocabulary(["They", "are", "touch"])
    for touching, wrong in ((True, "are"), (False, "touch")):
        rules = Constraints(vocabulary, Reading("distance", ("water", "trees"), "auto", False, 0.9), 1)
        rules.steps = [("water", Facts(0.1)), ("trees", Facts(0.1, touching=touching, distance=30.0))]
        assert rules._wrong_distance("They") == (wrong,)
        assert rules._wrong_distance("apart") == ()

"""The language side of the embedded model: evidence is read as it is written, numbers are only ever copied."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.networks.embedded.evidence_text import Facts, area_text, length_text, percent, read, write
from terrascope.networks.embedded.question import read_question
from terrascope.networks.embedded.session import EmbeddedNetwork, default_folder
from terrascope.networks.embedded.tokens import Value, Vocabulary, evidence_tokens, shown
from terrascope.networks.embedded.visual_tokens import FEATURES, features, pooled
from terrascope.networks.embedded.wordpiece import WordPieces
from terrascope.networks.interface import Decoding, Network, Prompt
from terrascope.reasoning.events import AnswerReady, Ended, EndReason, EvidenceReady, StepBegun
from terrascope.reasoning.evidence import MeasuredEvidence
from terrascope.reasoning.loop import reason
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

share = st.floats(0.0001, 1)
area = st.none() | st.floats(1, 1e10)


@given(share, area, st.integers(1, 9999), st.booleans(), share, share, st.none() | st.floats(0.1, 1e6))
@settings(max_examples=200, deadline=None)
def test_evidence_is_read_as_it_was_written(
    a: float, size: float | None, n: int, touching: bool, b: float, c: float, away: float | None
) -> None:
    facts = Facts(
        a, size, n, "north-west", "bare land", "larger", b, size, c, size, touching, away if touching else None, away,
        None if away else 12.0, "trees", "bare land", "t1", b, size, c, size, b - c, None if size is None else -size,
        "cropland", a, size,
    )  # fmt: skip
    found = read(write(facts))
    assert found is not None
    assert write(found) == write(facts)
    assert (found.other, found.order, found.touching, found.since, found.overlap_label) == (
        "bare land",
        "larger",
        touching,
        "t1",
        "cropland",
    )


def test_an_empty_mask_is_said_to_be_empty() -> None:
    assert write(Facts(0.0, 0.0)) == " (none found, 0 m²)."
    found = read(" (none found).")
    assert found is not None and found.share == 0 and found.area is None


def test_a_share_that_is_next_to_nothing_is_neither_nothing_nor_more_than_it_is() -> None:
    facts = Facts(3e-6, 300.0, 1, "south", since="t1", net_share=-2e-6, net_area=-200.0)
    assert write(facts).startswith(" (less than 0.01 %, 300 m², 1 patch, mostly south; ")
    assert "net less than -0.01 %, 200 m²" in write(facts)
    found = read(write(facts))
    assert found is not None
    assert 0 < found.share < 1e-4
    assert (found.area, found.net_area) == (300.0, -200.0)
    assert write(found) == write(facts)


def test_evidence_with_plain_twos_is_read_as_well() -> None:
    found = read(" (16.58 %, 278.2 km2, 12 patches, mostly centre).")
    assert found is not None
    assert found.area == pytest.approx(278.2e6)


def test_what_was_left_out_of_a_distance_is_said_and_read() -> None:
    facts = Facts(0.1, 1e4, 1, "south", "water", distance=310.0, left_out_below=9)
    assert "310 m apart; without parts under 9 pixels" in write(facts)
    assert read(write(facts)) == read(write(facts).replace("²", "2"))
    assert read(write(facts)).left_out_below == 9


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_other_text_is_no_evidence_and_no_error(text: str) -> None:
    assert read(text) is None or "found" in text or "%" in text


def test_sizes_have_the_unit_that_suits_them_or_was_asked_for() -> None:
    assert area_text(451_230) == "45.12 ha"
    assert area_text(451_230, "m2") == "451200 m²"
    assert area_text(25_000_000, "auto") == "25 km²"
    assert length_text(12_345) == "12.35 km"
    assert percent(0.00001) == "less than 0.01 %"
    assert shown(Value("net share", -0.00001), "%") == "less than -0.01 %"
    assert shown(Value("net area", -20_000.0), "ha") == "-2 ha"


def test_a_slot_that_nothing_was_measured_for_shows_nothing() -> None:
    vocabulary = Vocabulary(["covers"])
    ids = [vocabulary.ids[t] for t in ("C:water", "covers", "{share.1}")]
    assert vocabulary.show(ids, {}, "auto", [0], {}) == " Water covers"
    slots = {token: value for token, value in evidence_tokens(Facts(0.1234, 5e4, 3, "south"), 1) if value}
    assert vocabulary.show(ids, slots, "auto", [0], {}) == " Water covers 12.34 %"


def test_pooling_is_the_mean_of_the_valid_pixels() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.random((12, 37, 50)).astype(np.float32)
    valid = rng.random((37, 50)) > 0.3
    whole = pooled(probabilities, valid, 1)
    assert np.allclose(whole[0, :12], probabilities[:, valid].mean(1), atol=1e-5)
    assert pooled(probabilities[:, :5, :5], valid[:5, :5], 16).shape == (256, 13)
    assert features(whole, 1, 0, 10.0, False).shape == (1, FEATURES)


@pytest.fixture(scope="module")
def network() -> EmbeddedNetwork:
    class Halves:
        """West is water, east is trees; at the second date a quarter of the trees is under water."""

        def probabilities(self, view: View, gsd_m: float | None) -> np.ndarray:
            found = np.full((12, 64, 64), 0.01, np.float32)
            water = np.zeros((64, 64), bool)
            water[:, :32] = True
            if view.name == "late":
                water[:, 32:40] = True
            found[0][water] = 0.89
            found[1][~water] = 0.89
            return found

    if not (default_folder() / "language.json").is_file():
        pytest.skip("the language weights are not built")
    return EmbeddedNetwork(vision=Halves())


def _scene(dates: int = 1, crs: str | None = "EPSG:32632") -> Scene:
    views = tuple(
        View(
            name,
            Role.OPTICAL,
            dt.date(year, 6, 1),
            ("red",),
            Scale.REFLECTANCE,
            np.zeros((1, 64, 64), np.float32),
            np.ones((64, 64), bool),
            Source(""),
        )
        for name, year in (("early", 2001), ("late", 2015))[:dates]
    )
    return Scene(Grid(64, 64, Affine6(10, 0, 500_000, 0, -10, 5_000_000), crs), views, (10.0, 10.0) if crs else None)


def _ask(
    network: EmbeddedNetwork, scene: Scene, question: str, options: tuple[str, ...] = ()
) -> tuple[list, AnswerReady | None, Ended]:
    events = list(reason(network, scene, Prompt(question, options), evidence=MeasuredEvidence(scene, question)))
    answer = next((event for event in events if isinstance(event, AnswerReady)), None)
    return events, answer, events[-1]


def test_it_is_a_network(network: EmbeddedNetwork) -> None:
    assert isinstance(network, Network)
    decoding: Decoding = network.begin(_scene(), Prompt("how much water is there?"))
    assert decoding.grids[0].side == 16


def test_it_answers_with_the_measured_share(network: EmbeddedNetwork) -> None:
    events, answer, ended = _ask(network, _scene(), "How much of the image is covered by water?")
    assert [event.label for event in events if isinstance(event, StepBegun)] == ["water"]
    assert answer is not None and "50.00 %" in answer.text
    assert ended.reason is EndReason.ANSWERED


def test_it_gives_an_area_in_the_unit_of_the_question(network: EmbeddedNetwork) -> None:
    _, answer, _ = _ask(network, _scene(), "How many hectares of forest are there?")
    assert answer is not None and "20.48 ha" in answer.text.replace("20.49", "20.48")


def test_without_a_crs_it_gives_shares_only(network: EmbeddedNetwork) -> None:
    _, answer, _ = _ask(network, _scene(crs=None), "How large is the area of the forest?")
    assert answer is not None and "50.00 %" in answer.text and " ha" not in answer.text


def test_two_dates_give_the_flooded_area(network: EmbeddedNetwork) -> None:
    events, answer, _ = _ask(network, _scene(2), "How much land was flooded?")
    assert [event.view for event in events if isinstance(event, StepBegun)] == [0, 1]
    assert answer is not None and "12.50 %" in answer.text
    assert any("flooded" in event.derived for event in events if isinstance(event, EvidenceReady))


def test_it_chooses_an_option_by_its_class(network: EmbeddedNetwork) -> None:
    _, answer, _ = _ask(network, _scene(2), "Which of these covers more area?", ("Open water", "Dense forest"))
    assert answer is not None and answer.choice == "A"


@pytest.mark.parametrize(
    "question", ["What is the name of this lake?", "How many cars are there?", "Who is the president?", ""]
)
def test_out_of_its_depth_it_says_so(network: EmbeddedNetwork, question: str) -> None:
    _, _, ended = _ask(network, _scene(), question)
    assert ended.reason is EndReason.ABSTAINED


def test_every_number_in_an_answer_was_measured(network: EmbeddedNetwork) -> None:
    import re

    for question in (
        "Do the water and the forest touch?",
        "Compare water and trees",
        "Describe the scene",
        "How far is the forest from the lake?",
    ):
        events, answer, _ = _ask(network, _scene(), question)
        assert answer is not None
        evidence = " ".join(event.text for event in events if isinstance(event, EvidenceReady))
        for number in re.findall(r"\d+(?:\.\d+)?", answer.text):
            assert number in evidence, (answer.text, evidence)


def test_any_text_can_be_tokenised() -> None:
    path = default_folder() / "language_tokenizer.json"
    if not path.is_file():
        pytest.skip("the language weights are not built")
    tokenizer = WordPieces.read(path)
    for text in ("", "¿Qué?", "日本語 🌊", "a" * 500, "\x00\n\t", "İstanbul ﬁeld"):
        ids, known, _, _ = read_question(tokenizer, text.lower())
        assert len(ids) == len(known) >= 2


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("How far is the town from the lake?", "built-up area"),
        ("hom much watr is there", "water"),
        ("Any foerst here?", "trees"),
        ("WHERE ARE THE FIELDS", "cropland"),
        ("lake?", "water"),
        ("HOW MUCH WATER", "water"),
    ],
)
def test_plain_questions_with_slips_are_not_refused(network: EmbeddedNetwork, question: str, label: str) -> None:
    events, _, ended = _ask(network, _scene(), question)
    assert ended.reason is EndReason.ANSWERED
    assert next(event.label for event in events if isinstance(event, StepBegun)) == label


def test_it_answers_in_the_words_of_the_question(network: EmbeddedNetwork) -> None:
    _, answer, _ = _ask(network, _scene(), "What percentage of the image is woodland?")
    assert answer is not None and answer.text.startswith("Woodland covers 50.00 %")
    _, answer, _ = _ask(network, _scene(), "What percentage of the image is covered by woods?")
    assert answer is not None and answer.text.startswith("Woods cover 50.00 %")


@pytest.mark.parametrize("question", ["Are there any fields?", "Is there any woodland?", "show me the woodland"])
def test_the_verb_goes_with_the_word_while_it_is_being_written(network: EmbeddedNetwork, question: str) -> None:
    _, answer, _ = _ask(network, _scene(), question)
    assert answer is not None
    assert "there are no fields" in answer.text or "is woodland" in answer.text or "is the woodland" in answer.text


def test_a_flood_risk_is_judged_by_what_was_measured(network: EmbeddedNetwork) -> None:
    _, answer, _ = _ask(network, _scene(), "Is there a risk that the houses get flooded?")
    assert answer is not None and answer.text.startswith("Low: there is no built-up area here")


def test_an_answer_that_a_small_sway_would_turn_is_less_sure(network: EmbeddedNetwork) -> None:
    clear = _ask(network, _scene(2), "Is there more water than forest?")[1]
    tie = _ask(network, _scene(1), "Is there more water than forest?")[1]
    assert clear is not None and tie is not None and clear.confidence is not None and tie.confidence is not None
    assert tie.confidence < 0.6 < clear.confidence

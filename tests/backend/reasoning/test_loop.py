"""What the loop promises: events as they happen, the released order of things, and no dressed-up nonsense."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.errors import NetworkError
from terrascope.networks.interface import MaskPrediction, Prompt
from terrascope.reasoning.events import (
    AnswerReady,
    Ended,
    EndReason,
    Event,
    EvidenceReady,
    MaskReady,
    StepBegun,
    TextPiece,
    TokensInjected,
)
from terrascope.reasoning.loop import finished, reason
from terrascope.reasoning.settings import ReasoningSettings
from terrascope.scene.types import Role

from .scripted import REGION, SEG, STOP, ScriptedNetwork, ids_of, scene, text_of, view

QUESTION = Prompt("How much water is there?")
ONE_MASK = "<think>I mark the water [SEG] now.</think><answer>12 %</answer><|im_end|>"
EMPTY = np.zeros((64, 64), dtype=bool)


class Ruler:
    """Measures nothing, but says so."""

    def __init__(self, text: str = " {water: 12.5 %} ") -> None:
        self.text = text
        self.asked: list[tuple[int, str, int]] = []

    def after_mask(self, step: int, label: str, view: int, prediction: MaskPrediction) -> EvidenceReady:
        self.asked.append((step, label, view))
        return EvidenceReady(step, self.text, {"share": float(prediction.mask.mean())})


def run(
    network: ScriptedNetwork,
    *views: object,
    options: Sequence[str] = (),
    evidence: Ruler | None = None,
    **chosen: object,
) -> list[Event]:
    asked = Prompt(QUESTION.question, tuple(options))
    where = scene(*views)  # type: ignore[arg-type]
    return list(reason(network, where, asked, ReasoningSettings(**chosen), evidence=evidence))  # type: ignore[arg-type]


def last(events: list[Event]) -> Ended:
    assert isinstance(events[-1], Ended)
    return events[-1]


def test_events_come_in_the_order_in_which_things_happen() -> None:
    events = run(ScriptedNetwork(ONE_MASK))
    kinds = [type(event) for event in events if not isinstance(event, TextPiece)]
    assert kinds == [StepBegun, MaskReady, TokensInjected, AnswerReady, Ended]
    begun = next(event for event in events if isinstance(event, StepBegun))
    assert (begun.step, begun.label, begun.view) == (1, "water", 0)
    before = "".join(event.text for event in events[: events.index(begun)] if isinstance(event, TextPiece))
    assert before == "<think>I mark the water [SEG]"


def test_a_piece_is_yielded_before_the_next_token_is_asked_for() -> None:
    network = ScriptedNetwork("abc<|im_end|>")
    stream = reason(network, scene(), QUESTION)
    assert next(stream) == TextPiece(1, "a")
    assert network.decoding is not None
    assert network.decoding.log == [("token", ord("a"))]


def test_text_that_leads_to_a_mask_has_its_step_and_the_answer_has_the_next() -> None:
    events = run(ScriptedNetwork("one [SEG] two [SEG] three<answer>4</answer><|im_end|>"))
    text = {step: "".join(e.text for e in events if isinstance(e, TextPiece) and e.step == step) for step in (1, 2, 3)}
    assert text == {1: "one [SEG]", 2: " two [SEG]", 3: " three<answer>4</answer><|im_end|>"}


def test_every_token_is_read_before_it_is_tested_so_the_stop_token_is_in_the_text() -> None:
    network = ScriptedNetwork(ONE_MASK)
    ended = last(run(network))
    assert network.decoding is not None
    assert network.decoding.log[-1] == ("token", STOP)
    assert ended.output_ids[-1] == STOP
    assert ended.text.endswith("</answer><|im_end|>")


def test_region_placeholders_stand_in_the_output_but_not_in_the_stream() -> None:
    events = run(ScriptedNetwork(ONE_MASK))
    injected = next(event for event in events if isinstance(event, TokensInjected))
    assert len(injected.tokens) == 8
    assert list(last(events).output_ids).count(REGION) == 8
    assert "[SEG]" + 8 * "<REGION>" in last(events).text
    assert "<REGION>" not in "".join(event.text for event in events if isinstance(event, TextPiece))


def test_the_run_ends_after_the_twentieth_masks_tokens_without_a_further_one() -> None:
    network = ScriptedNetwork([SEG] * 50)
    events = run(network)
    ended = last(events)
    assert list(ended.output_ids) == ([SEG] + [REGION] * 8) * 20
    assert ended.reason is EndReason.DEGENERATE
    assert any("20 masks" in warning for warning in ended.warnings)
    assert not any(isinstance(event, AnswerReady) for event in events)
    assert network.decoding is not None
    assert network.decoding.log[-1][0] == "visual"


def test_region_ids_count_towards_the_length_limit() -> None:
    network = ScriptedNetwork("ab[SEG]" + "".join(chr(97 + i % 26) for i in range(500)))
    ended = last(run(network, max_tokens=30))
    assert ended.reason is EndReason.LENGTH
    assert len(ended.output_ids) == 30


def test_a_region_block_may_pass_the_limit_as_in_the_released_code_which_looks_after_the_next_token() -> None:
    ended = last(run(ScriptedNetwork("ab[SEG]cdefg"), max_tokens=5))
    assert len(ended.output_ids) == 3 + 8 + 1


def test_cancel_is_looked_for_at_every_token() -> None:
    network = ScriptedNetwork("a" * 100)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 6

    ended = finished(reason(network, scene(), QUESTION, cancelled=cancelled))
    assert ended.reason is EndReason.CANCELLED
    assert ended.text == "aaaaa"
    assert network.decoding is not None
    assert len(network.decoding.log) == 5


def test_cancel_between_the_seg_token_and_its_mask_saves_the_mask() -> None:
    network = ScriptedNetwork("a[SEG]b")
    decoding_log: list[object] = []

    def cancelled() -> bool:
        decoding_log[:] = network.decoding.log if network.decoding else []
        return ("token", SEG) in decoding_log

    events = list(reason(network, scene(), QUESTION, cancelled=cancelled))
    assert last(events).reason is EndReason.CANCELLED
    assert not any(isinstance(event, MaskReady) for event in events)


def test_a_cancelled_run_gives_no_answer_even_if_one_was_begun() -> None:
    network = ScriptedNetwork("<answer>yes, but")
    calls = iter([False] * 15 + [True] * 99)
    events = list(reason(network, scene(), QUESTION, cancelled=lambda: next(calls)))
    assert last(events).reason is EndReason.CANCELLED
    assert not any(isinstance(event, AnswerReady) for event in events)


@given(st.text(max_size=60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_joined_pieces_are_exactly_what_was_written(words: str, with_mask: bool) -> None:
    script = words + ("[SEG]é" + words if with_mask else "") + "<|im_end|>"
    events = run(ScriptedNetwork(script), stop_on_repetition=False)
    joined = "".join(event.text for event in events if isinstance(event, TextPiece))
    written = [token for token in last(events).output_ids if token != REGION]
    assert joined == text_of(written)


@given(st.lists(st.integers(0, 255), max_size=40))
@settings(max_examples=60, deadline=None)
def test_bytes_that_are_no_text_stop_nothing(raw: list[int]) -> None:
    ended = last(run(ScriptedNetwork([*raw, STOP]), stop_on_repetition=False))
    assert list(ended.output_ids) == [*raw, STOP]


def test_a_character_of_four_bytes_is_one_piece() -> None:
    pieces = [event.text for event in run(ScriptedNetwork("a🌊b<|im_end|>")) if isinstance(event, TextPiece)]
    assert pieces == ["a", "🌊", "b", "<|im_end|>"]


def test_repetition_ends_the_run_and_is_no_answer() -> None:
    events = run(ScriptedNetwork("<think>" + "the water is wet. " * 400))
    ended = last(events)
    assert ended.reason is EndReason.DEGENERATE
    assert any("repeats" in warning for warning in ended.warnings)
    assert len(ended.output_ids) < 150
    assert not any(isinstance(event, AnswerReady) for event in events)


def test_repetition_runs_to_the_limit_where_the_released_behaviour_is_asked_for() -> None:
    ended = last(run(ScriptedNetwork("x" * 900), stop_on_repetition=False, max_tokens=300))
    assert ended.reason is EndReason.LENGTH
    assert len(ended.output_ids) == 300


def test_an_answer_that_stood_before_the_circle_counts_with_a_warning() -> None:
    events = run(ScriptedNetwork("<answer>yes</answer>" + "ha" * 200))
    assert last(events).reason is EndReason.ANSWERED
    assert any("repeats" in warning for warning in last(events).warnings)


def test_a_circle_inside_the_answer_is_no_answer() -> None:
    events = run(ScriptedNetwork("<answer>" + "very " * 200))
    assert last(events).reason is EndReason.DEGENERATE
    assert not any(isinstance(event, AnswerReady) for event in events)


def test_an_answer_cut_off_by_the_limit_is_no_answer() -> None:
    events = run(ScriptedNetwork("<answer>It is between 12 and"), max_tokens=20)
    assert last(events).reason is EndReason.LENGTH
    assert not any(isinstance(event, AnswerReady) for event in events)


@pytest.mark.parametrize("script", ["<think>water</think><|im_end|>", "<answer></answer><|im_end|>", "<|im_end|>"])
def test_no_answer_is_degenerate(script: str) -> None:
    events = run(ScriptedNetwork(script))
    assert last(events).reason is EndReason.DEGENERATE
    assert any("no answer" in warning for warning in last(events).warnings)


def test_an_answer_that_rests_on_empty_masks_only_is_degenerate() -> None:
    events = run(ScriptedNetwork(ONE_MASK, EMPTY))
    assert last(events).reason is EndReason.DEGENERATE
    assert any("mask of 'water' is empty" in warning for warning in last(events).warnings)
    assert not any(isinstance(event, AnswerReady) for event in events)


def test_one_empty_mask_of_two_is_named_in_a_warning() -> None:
    masks = iter([EMPTY, ~EMPTY])
    network = ScriptedNetwork("water [SEG] trees [SEG]<answer>trees</answer><|im_end|>", lambda _: next(masks))
    events = run(network)
    assert last(events).reason is EndReason.ANSWERED
    assert [warning for warning in last(events).warnings if "Step 1" in warning]


def test_a_network_that_reads_measurements_may_answer_from_an_empty_mask() -> None:
    events = run(ScriptedNetwork(ONE_MASK, EMPTY, measured=True), evidence=Ruler())
    assert last(events).reason is EndReason.ANSWERED


def test_an_answer_that_says_it_cannot_tell_is_an_abstention() -> None:
    events = run(ScriptedNetwork("<answer>I cannot tell from this image.</answer><|im_end|>"))
    assert last(events).reason is EndReason.ABSTAINED
    assert any(isinstance(event, AnswerReady) and event.choice is None for event in events)


def test_measured_evidence_is_read_by_the_network_and_stands_in_the_text() -> None:
    network, ruler = ScriptedNetwork(ONE_MASK, measured=True), Ruler()
    events = run(network, evidence=ruler)
    assert ruler.asked == [(1, "water", 0)]
    assert network.decoding is not None
    fed = [entry[0] for entry in network.decoding.log]
    assert fed.index("mask") < fed.index("visual") < fed.index("text")
    assert "<REGION> {water: 12.5 %}  now." in last(events).text
    assert "12.5" not in "".join(event.text for event in events if isinstance(event, TextPiece))


def test_a_network_that_does_not_read_measurements_is_measured_all_the_same() -> None:
    network = ScriptedNetwork(ONE_MASK)
    events = run(network, evidence=Ruler())
    evidence = next(event for event in events if isinstance(event, EvidenceReady))
    assert evidence.text == ""
    assert evidence.measurements
    assert network.decoding is not None
    assert not any(entry[0] == "text" for entry in network.decoding.log)


def test_a_network_that_needs_measurements_says_so() -> None:
    with pytest.raises(NetworkError, match="measurements"):
        run(ScriptedNetwork(ONE_MASK, measured=True))


def test_the_measured_text_counts_towards_the_limit() -> None:
    network = ScriptedNetwork("ab[SEG]" + "".join(chr(97 + i % 26) for i in range(99)), measured=True)
    ended = last(run(network, evidence=Ruler("x" * 50), max_tokens=70))
    assert ended.reason is EndReason.LENGTH
    assert len(ended.output_ids) == 20


def test_three_images_take_turns_where_the_text_names_none() -> None:
    network = ScriptedNetwork("a [SEG] b [SEG] c [SEG] d [SEG]<answer>1</answer><|im_end|>")
    events = run(network, view(), view(), view())
    assert [event.view for event in events if isinstance(event, MaskReady)] == [0, 1, 2, 0]


def test_the_view_that_the_text_names_comes_before_the_turn() -> None:
    script = "Image: t2, water [SEG] and in t1 the water [SEG]. Water [SEG]<answer>1</answer><|im_end|>"
    events = run(ScriptedNetwork(script), view(date="2020-05-01"), view(date="2021-05-01"))
    assert [event.view for event in events if isinstance(event, StepBegun)] == [1, 0, 0]
    assert "t2" in next(event.date_reason for event in events if isinstance(event, StepBegun))


def test_the_released_order_can_be_asked_for() -> None:
    network = ScriptedNetwork("Image: t2 [SEG] Image: t2 [SEG]<answer>1</answer><|im_end|>")
    events = run(network, view(), view(), view_choice="cycle")
    assert [event.view for event in events if isinstance(event, StepBegun)] == [0, 1]


PAIR = (view(date="2021-06-01"), view(Role.SAR, "2021-06-02", bands=("vv", "vh")))


def test_with_optical_and_sar_the_mask_is_drawn_on_the_optical_and_tokens_come_from_both() -> None:
    network = ScriptedNetwork(ONE_MASK)
    events = run(network, *PAIR)
    assert [event.view for event in events if isinstance(event, MaskReady)] == [0]
    injected = next(event for event in events if isinstance(event, TokensInjected))
    assert set(injected.views) == {0, 1}
    assert [v for v, _ in zip(injected.views, injected.tokens)] == [token % 2 for token in injected.tokens]


@pytest.mark.parametrize(
    ("mode", "views"), [("optical", [0] * 8), ("sar", [1] * 8), ("concatenated", [0] * 8 + [1] * 8)]
)
def test_modalities_of_the_ablation(mode: str, views: list[int]) -> None:
    events = run(ScriptedNetwork(ONE_MASK), *PAIR, modality=mode)
    injected = next(event for event in events if isinstance(event, TokensInjected))
    assert list(injected.views) == views
    if mode == "concatenated":
        assert list(injected.tokens[:8]) == list(injected.tokens[8:])


def test_a_clouded_optical_token_is_never_taken_where_sar_has_one() -> None:
    pixels = np.full((3, 64, 64), 0.2, dtype=np.float32)
    pixels[:, :, :24] = 0.95
    clouded = view(date="2021-06-01", pixels=pixels)
    events = run(ScriptedNetwork(ONE_MASK), clouded, PAIR[1], modality="quality")
    injected = next(event for event in events if isinstance(event, TokensInjected))
    under_cloud = [v for v, token in zip(injected.views, injected.tokens) if token % 16 < 6]
    assert under_cloud and set(under_cloud) == {1}
    free = [v for v, token in zip(injected.views, injected.tokens) if token % 16 >= 6]
    assert 0 in free


def test_sar_alone_needs_no_choice() -> None:
    network = ScriptedNetwork(ONE_MASK)
    events = run(network, PAIR[1])
    assert last(events).reason is EndReason.ANSWERED
    assert network.decoding is not None
    assert not any(entry[0] == "choose" for entry in network.decoding.log)


def test_the_sar_image_can_be_named() -> None:
    network = ScriptedNetwork("In the SAR image, water [SEG]<answer>1</answer><|im_end|>")
    events = run(network, *PAIR)
    assert [event.view for event in events if isinstance(event, MaskReady)] == [1]


def test_text_only_selection_brings_nothing_back() -> None:
    network = ScriptedNetwork(ONE_MASK)
    events = run(network, selection="none")
    assert REGION not in last(events).output_ids
    assert network.decoding is not None
    assert not any(entry[0] == "visual" for entry in network.decoding.log)


def test_the_checkpoint_says_how_it_was_trained_and_the_user_may_say_otherwise() -> None:
    network = ScriptedNetwork(ONE_MASK, defaults={"selection": "paper", "selection_cap": 32})
    own = next(event for event in run(network) if isinstance(event, TokensInjected))
    assert 8 < len(own.tokens) <= 32
    released = next(event for event in run(network, selection="released") if isinstance(event, TokensInjected))
    assert len(released.tokens) == 8


def test_the_answer_is_matched_with_the_options() -> None:
    events = run(ScriptedNetwork("<answer>about 57.6%</answer><|im_end|>"), options=("58%", "80%"))
    answer = next(event for event in events if isinstance(event, AnswerReady))
    assert answer.choice == "A"
    assert answer.confidence is not None and 0.9 < answer.confidence <= 1


def test_an_answer_that_is_none_of_the_options_is_said_to_be_so() -> None:
    events = run(ScriptedNetwork("<answer>a volcano</answer><|im_end|>"), options=("lake", "town"))
    answer = next(event for event in events if isinstance(event, AnswerReady))
    assert answer.choice is None
    assert any("none of the options" in warning for warning in last(events).warnings)


def test_sampling_is_repeatable_and_greedy_is_the_default() -> None:
    script = "abcdef<|im_end|>"

    class Unsure(ScriptedNetwork):
        def begin(self, scene, prompt):  # type: ignore[no-untyped-def]
            decoding = super().begin(scene, prompt)
            sure = decoding.logits
            decoding.logits = lambda: sure() / 8  # type: ignore[method-assign]
            return decoding

    def sampled(seed: int) -> str:
        return last(run(Unsure(script), temperature=1.0, seed=seed, max_tokens=30)).text

    assert last(run(Unsure(script))).text == script
    assert sampled(1) == sampled(1)
    assert sampled(1) != sampled(2)


def test_scores_that_are_no_numbers_are_an_error_with_a_way_out() -> None:
    network = ScriptedNetwork("abc")
    stream = reason(network, scene(), QUESTION)
    next(stream)
    assert network.decoding is not None
    network.decoding.logits = lambda: np.full(259, np.nan, dtype=np.float32)  # type: ignore[method-assign]
    with pytest.raises(NetworkError, match="precision"):
        list(stream)


def test_a_consumer_may_leave_in_the_middle() -> None:
    stream = reason(ScriptedNetwork(ONE_MASK), scene(), QUESTION)
    next(stream)
    stream.close()  # type: ignore[attr-defined]


def test_scripts_are_what_they_say() -> None:
    assert text_of(ids_of("é[SEG]<|im_end|>")) == "é[SEG]<|im_end|>"

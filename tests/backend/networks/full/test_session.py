"""One loaded model, question after question: what is kept is kept exactly, and misuse is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

import torch

from terrascope.errors import CheckpointError, NetworkError
from terrascope.networks.full.loading import from_model
from terrascope.networks.full.modality import salience
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.networks.full.session import FullNetwork, load_full
from terrascope.networks.interface import Decoding, Network, Prompt
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

from .conftest import picture

pytestmark = pytest.mark.torch

FIRST, SECOND = Prompt("How much is built up?", ("58%", "80%")), Prompt("Is there a river in the image, and where?")


@pytest.fixture(scope="module")
def processor(imported: Path) -> TerraScopeProcessor:
    return TerraScopeProcessor.from_pretrained(imported)


@pytest.fixture
def network(model: TerraScopeForConditionalGeneration, processor: TerraScopeProcessor) -> FullNetwork:
    return FullNetwork(from_model(model), processor)


def a_view(name: str, role: Role, bands: tuple[str, ...], phase: int) -> View:
    pixels = (picture(96, 64, phase)[..., : len(bands)].transpose(2, 0, 1) / 255).astype(np.float32)
    scale = Scale.DB if role is Role.SAR else Scale.DISPLAY
    pixels = pixels * 30 - 30 if role is Role.SAR else pixels
    valid = np.ones((64, 96), bool)
    return View(name, role, dt.date(2024, 5, 1), bands, scale, pixels, valid, Source(f"{name}.tif"))


def a_scene(*views: View) -> Scene:
    return Scene(Grid(96, 64, Affine6(10, 0, 0, 0, -10, 0), "EPSG:32633"), views, (10.0, 10.0))


OPTICAL = a_view("optical", Role.OPTICAL, ("red", "green", "blue"), 2)
SAR = a_view("sar", Role.SAR, ("vv", "vh"), 3)


def continued(decoding: Decoding, tokens: list[int]) -> list[np.ndarray]:
    scores = [decoding.logits()]
    for token in tokens:
        decoding.feed_token(token)
        scores.append(decoding.logits())
    return scores


def test_a_second_question_gives_the_same_bits_as_a_fresh_run(model, processor: TerraScopeProcessor) -> None:
    pictures = [picture(300, 200, 2), picture(300, 200, 3)]
    used, fresh = (FullNetwork(from_model(model), processor) for _ in range(2))
    tokens = processor.encode("<think> the mask of area")
    continued(used.begin(pictures, FIRST), tokens)
    again = continued(used.begin(pictures, SECOND), tokens)
    first = continued(fresh.begin(pictures, SECOND), tokens)
    assert (used.prefix_hits, fresh.prefix_hits) == (1, 0)
    for one, other in zip(again, first):
        np.testing.assert_array_equal(one, other)


def test_the_first_question_asked_again_gives_the_same_bits(network: FullNetwork, processor) -> None:
    pictures = [picture(128, 128, 1)]
    tokens = processor.encode("<think> the mask of area")
    first = continued(network.begin(pictures, FIRST), tokens)
    continued(network.begin(pictures, SECOND), tokens)
    again = continued(network.begin(pictures, FIRST), tokens)
    assert network.prefix_hits == 2
    for one, other in zip(again, first):
        np.testing.assert_array_equal(one, other)


def test_text_before_the_turn_is_another_prefix(network: FullNetwork) -> None:
    pictures = [picture(128, 128, 1)]
    network.begin(pictures, FIRST)
    network.begin(pictures, Prompt(FIRST.question, FIRST.options, past_text="the area"))
    assert network.prefix_hits == 0


def test_image_features_outlive_the_question_and_not_the_scene(network: FullNetwork) -> None:
    pictures = [picture(128, 128, 1)]
    for prompt in (FIRST, SECOND):
        decoding = network.begin(pictures, prompt)
        decoding.feed_token(network.info.tokens.seg)
        decoding.decode_mask(0)
    assert network.image_encodings == 1
    network.begin([picture(128, 128, 1)], FIRST)
    assert network._state.features == {}


def test_a_generation_ends_when_the_next_begins(network: FullNetwork) -> None:
    pictures = [picture(128, 128, 1)]
    old = network.begin(pictures, FIRST)
    network.begin(pictures, SECOND)
    with pytest.raises(NetworkError, match=r"has ended.*Begin the question again"):
        old.feed_token(5)


def test_one_block_of_text_reads_like_its_tokens_one_by_one(network: FullNetwork, processor) -> None:
    pictures = [picture(128, 128, 1)]
    text = "the mask of area</think>"
    block = network.begin(pictures, FIRST)
    assert block.feed_text(text) == len(processor.encode(text))
    assert block.feed_text("") == 0
    single = network.begin([*pictures], FIRST)
    for token in processor.encode(text):
        single.feed_token(token)
    np.testing.assert_allclose(block.logits(), single.logits(), rtol=1e-4, atol=1e-5)


def test_misuse_is_refused_with_the_value(network: FullNetwork) -> None:
    decoding = network.begin([picture(128, 128, 1)], FIRST)
    with pytest.raises(NetworkError, match=r"no \[SEG\]"):
        decoding.decode_mask(0)
    decoding.feed_token(network.info.tokens.seg)
    with pytest.raises(NetworkError, match="no view 1; the scene has 1"):
        decoding.decode_mask(1)
    with pytest.raises(NetworkError, match="no token 256; it has 256"):
        decoding.feed_visual([0], [256])
    with pytest.raises(NetworkError, match="2 views are given for 1 tokens"):
        decoding.feed_visual([0, 0], [1])
    with pytest.raises(NetworkError, match="no token 443; the vocabulary has 443"):
        decoding.feed_token(443)
    decoding.feed_visual([0], [3])
    with pytest.raises(NetworkError, match=r"no \[SEG\]"):
        decoding.decode_mask(0)


def test_a_prompt_that_is_too_long_is_refused_before_it_is_read(network: FullNetwork) -> None:
    pictures = [picture(32, 32, 0)]
    network.begin(pictures, FIRST)
    with pytest.raises(NetworkError, match=r"take \d+ tokens; the model reads 32768.*fewer images"):
        network.begin(pictures, Prompt("built up " * 20_000))
    assert len(network.begin(pictures, FIRST).logits()) == 443


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_question_that_failed_leaves_nothing_behind(network: FullNetwork, monkeypatch, at: int) -> None:
    """Out of memory in the prefix, in the rest of the prompt, or in a token: with some layers written and some not."""
    pictures = [picture(128, 128, 1)]
    wanted = network.begin([*pictures], FIRST).logits()
    read, calls = network.model.read, []

    def fails(embeddings, cache):
        calls.append(embeddings)
        states = read(embeddings, cache)
        if len(calls) < at:
            return states
        cache.layers[1].crop(-1)
        raise torch.OutOfMemoryError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(network.model, "read", fails)
        with pytest.raises(NetworkError, match=r"ran out of memory.*nf4 or int4"):
            decoding = network.begin(pictures, FIRST)
            decoding.feed_token(5)
    if at == 3:
        with pytest.raises(NetworkError, match="failed before"):
            decoding.feed_token(5)
    np.testing.assert_array_equal(network.begin(pictures, FIRST).logits(), wanted)


def test_overflow_is_said_and_no_token_is_made_of_it(network: FullNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    decoding = network.begin([picture(128, 128, 1)], FIRST)
    monkeypatch.setattr(network.model, "scores", lambda state: torch.full((443,), float("nan")))
    with pytest.raises(NetworkError, match=r"overflow in fp32.*bf16 or fp32"):
        decoding.logits()


def test_the_thumbnail_cannot_be_selected(network: FullNetwork) -> None:
    decoding = network.begin([picture(1000, 500, 1)], FIRST)
    with pytest.raises(NetworkError, match="no token 512; it has 512"):
        decoding.feed_visual([0], [512])


def test_context_tokens_in_the_question_are_refused(network: FullNetwork) -> None:
    with pytest.raises(NetworkError, match="257 image tokens, the images 256"):
        network.begin([picture(128, 128, 1)], Prompt("What is <IMG_CONTEXT>?"))


def test_a_mask_lies_on_the_views_grid(network: FullNetwork) -> None:
    scene = a_scene(OPTICAL, SAR)
    decoding = network.begin(scene, FIRST)
    assert isinstance(network, Network)
    decoding.feed_token(network.info.tokens.seg)
    prediction = decoding.decode_mask(0)
    assert prediction.mask.shape == prediction.probability.shape == (64, 96)
    np.testing.assert_array_equal(prediction.mask, prediction.probability > 0.5)
    assert 0 <= prediction.confidence <= 1


def test_tokens_of_each_cell_come_from_the_modality_that_the_question_looks_at(network: FullNetwork) -> None:
    decoding = network.begin(a_scene(OPTICAL, SAR), FIRST)
    tokens = [0, 17, 40, 120, 200, 255]
    chosen = decoding.choose_modality(0, 1, tokens)
    ids = network.processor.encode(network.processor.prompt_text(FIRST, (1, 1)))
    text = [i for i in ids if i != network.processor.image_id]
    with torch.inference_mode():
        q = network.model.get_input_embeddings()(torch.tensor(text))
        optical, sar = (salience(bank[tokens], q) for bank in network._state.banks)
    assert float(optical.sum()) == pytest.approx(1, abs=1e-5)
    assert list(chosen) == [1 if s > o else 0 for o, s in zip(optical, sar)]
    assert decoding.choose_modality(0, 1, [7]) == [0], "one token alone: both saliences are one, optical stays"
    assert decoding.choose_modality(0, 1, []) == []


def test_the_network_says_what_it_is(imported: Path) -> None:
    network = load_full(imported, "cpu", "fp32")
    assert network.info.dtype == "fp32"
    assert network.info.device.startswith("cpu (CPU")
    assert len(network.info.weights_sha256) == 64
    assert network.info.defaults["selection"] == "released"
    assert network.info.defaults["selection_cap"] == 8
    assert not network.info.measured_evidence


def test_a_folder_of_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llava"}')
    with pytest.raises(CheckpointError, match="holds a 'llava' model"):
        load_full(tmp_path)

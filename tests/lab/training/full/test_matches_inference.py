"""Training reads what inference reads: the same masks and brought-back tokens, for one image, two dates and SAR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing is trained")

import torch

from terrascope.networks.full.loading import from_model, load_config, read_weights
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.networks.full.session import FullDecoding, FullNetwork
from terrascope.networks.interface import Prompt
from terrascope.reasoning.selection import select_tokens
from terrascope_lab.training.full.encoding import IGNORED
from terrascope_lab.training.full.examples import Example, Examples, Selection
from terrascope_lab.training.full.losses import PointSampling
from terrascope_lab.training.full.network import TrainedNetwork, Weights
from terrascope_lab.training.full.sources import DataEntry, Samples
from training.conftest import picture

pytestmark = pytest.mark.torch

SELECTION = Selection("paper", 16)


@pytest.fixture(scope="module")
def network(base: Path) -> TrainedNetwork:
    model = read_weights(base, load_config(base), "cpu", "fp32")
    with torch.no_grad():  # larger masks than the random decoder draws
        for head in model.sam2.mask_decoder.output_hypernetworks_mlps:
            head.proj_out.weight.mul_(40.0)
    processor = TerraScopeProcessor.from_pretrained(base)
    return TrainedNetwork(model, processor, SELECTION, Weights(), PointSampling(500), rounds=2)


def example_of(data: Path, network: TrainedNetwork, name: str, kind: str) -> Example:
    entries = [DataEntry(data / f"{name}.json", data / "images", kind)]
    return Examples(Samples(entries), network.processor, SELECTION, instruct=True)[0]


def followed(network: TrainedNetwork, example: Example, pictures: list[np.ndarray]) -> tuple[list, list, list]:
    """Let inference write the sample's own text: its masks' tokens, the views they come from, and its states."""
    full = FullNetwork(from_model(network.model), network.processor)
    answer = example.encoded.trained.index(True)
    text = network.processor.decode(example.encoded.ids[:answer])
    start = text.index("<img>")
    end = text.rindex("</img>") + len("</img>")
    question = text[len("<|im_start|>user\n") : start] + "<image>" + text[end:].split("<|im_end|>")[0]
    decoding: FullDecoding = full.begin(pictures, Prompt(question))
    tokens, views, states, k = [], [], [decoding._hidden], 0
    for token in example.encoded.ids[answer:]:
        decoding.feed_token(token)
        if token == network.processor.tokens.seg:
            view = example.views[k]
            mask = decoding.decode_mask(view).mask
            chosen = select_tokens(mask, decoding.grids[view], SELECTION.name, SELECTION.cap)
            source = list(decoding.choose_modality(0, 1, chosen)) if example.sar else [view] * len(chosen)
            decoding.feed_visual(source, chosen)
            tokens.append(chosen)
            views.append(source)
            k += 1
        states.append(decoding._hidden)
    return tokens, views, states


@pytest.mark.parametrize(("name", "kind"), [("single", "auto"), ("temporal", "auto"), ("optical_sar", "sar")])
def test_predicted_masks_bring_back_what_inference_brings_back(
    data: Path, network: TrainedNetwork, name: str, kind: str
) -> None:
    """With a round for each [SEG], tokens are equal, and so are the states that write the text."""
    example = example_of(data, network, name, kind)
    pictures = [picture(0)[0]]
    if name == "temporal":
        pictures.append(picture(1)[0])
    if name == "optical_sar":
        sar = pictures[0].copy()
        sar[..., 2] = (sar[..., :2].astype(int).sum(-1) // 2).astype(np.uint8)
        pictures.append(sar)
    wanted, _, states = followed(network, example, pictures)
    with torch.no_grad():
        seen = network._see([example])
        brought, share = network._mixed([example], seen, mix=1.0)
        spliced = network._splice([example], brought)
        read = network._read([example], spliced, brought, seen)[0]
    assert share == 1.0
    assert brought[0] == wanted
    assert any(wanted), "the masks are empty: the test would show nothing"
    first = next(at for at, label in enumerate(spliced[0].labels) if label != IGNORED)
    written = [at - 1 for at in range(first, len(spliced[0].ids)) if spliced[0].labels[at] != IGNORED]
    difference = (read[written] - torch.stack(states)[: len(written)]).abs().max()
    assert difference < 1e-3 * read.abs().max()


def test_without_a_mask_the_mask_losses_count_nothing(data: Path, network: TrainedNetwork) -> None:
    example = example_of(data, network, "single", "auto")
    seg = network.processor.tokens.seg
    bare = example.encoded._replace(
        ids=[token for token in example.encoded.ids if token != seg],
        trained=[own for token, own in zip(example.encoded.ids, example.encoded.trained) if token != seg],
        segs=[],
    )
    example.encoded, example.views, example.tokens = bare, (), []
    example.sam, example.sam_views, example.truth = example.sam[:0], (), example.truth[:0]
    losses = network([example])
    assert losses["bce"].item() == losses["dice"].item() == 0.0
    assert losses["loss"].item() == pytest.approx(losses["text"].item())


def test_samples_together_have_the_losses_that_they_have_alone(data: Path, network: TrainedNetwork) -> None:
    """Padding changes nothing: the mask IoU of a batch is the mean of its samples'."""
    examples = [example_of(data, network, name, kind) for name, kind in (("single", "auto"), ("temporal", "auto"))]
    with torch.no_grad():
        alone = [network([each])["iou"].item() for each in examples]
        together = network(examples)["iou"].item()
    assert together == pytest.approx(np.mean(alone), rel=1e-4)

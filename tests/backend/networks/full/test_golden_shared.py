"""Every recorded intermediate of one question, from the larger golden bundle (skipped where that bundle is absent)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

import torch
from transformers import DynamicCache

from terrascope.networks.full.convert import import_published
from terrascope.networks.full.loading import load_config, read_weights
from terrascope.networks.full.modality import takes_sar
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration, upscale_mask
from terrascope.networks.full.processing import TerraScopeProcessor, normalised

from .conftest import SEED, write_published
from .test_golden_portable import assert_rounding_only, relative

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def golden(shared: Path) -> Path:
    folder = shared / "golden"
    if not (folder / "single_1tile.npz").is_file():
        pytest.skip("the larger golden bundle is not beside the project")
    return folder


@pytest.fixture(scope="module")
def folder(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shared_golden")
    return import_published(write_published(root / "published", golden, SEED["shared"]), root / "imported")


@pytest.fixture(scope="module")
def processor(folder: Path) -> TerraScopeProcessor:
    return TerraScopeProcessor.from_pretrained(folder)


class Run:
    """All intermediates of `single_1tile`, from the recorded pixels and ids."""

    def __init__(
        self, model: TerraScopeForConditionalGeneration, processor: TerraScopeProcessor, figures, *, masks: bool = True
    ) -> None:
        dtype = model.dtype
        with torch.inference_mode():
            self.pixels = normalised(np.moveaxis(figures["pixel_u8"], 1, -1))
            self.vit = model.encode_tiles(self.pixels)
            self.sam_pixels = processor.sam_normalised(torch.from_numpy(figures["sam_pixel_u8"]), dtype)
            self._language(model, processor, figures)
            if masks:
                self.features = model.encode_image(self.sam_pixels)
                self.decoded = [model.decode_mask(vector, self.features) for vector in self.prompts]

    def _language(self, model, processor, figures) -> None:
        ids = torch.from_numpy(figures["input_ids"])[None]
        embed = model.get_input_embeddings()
        embeddings = embed(ids)
        bank = self.vit.reshape(-1, self.vit.shape[-1])
        embeddings[0, ids[0] == processor.image_id] = bank
        cache = DynamicCache(config=model.config.internvl_config.text_config)
        states = model.read(embeddings, cache)
        self.prefill = model.scores(states)[0].numpy()
        self.steps, self.states, prompts = [], [], []
        indices = iter(np.split(figures["indices"], np.cumsum(figures["indices_len"])[:-1]))
        for token in (int(i) for i in figures["output_ids"] if i != processor.tokens.region):
            state = model.read(embed(torch.tensor([[token]])), cache)[0, -1]
            self.steps.append(model.scores(state).numpy())
            if token == processor.tokens.seg:
                self.states.append(state.float().numpy())
                prompts.append(model.seg_head(state))
                chosen = bank[torch.from_numpy(next(indices))]
                self.steps.append(model.scores(model.read(chosen[None], cache)[0, -1]).numpy())
        self.prompts = torch.stack(prompts)


@pytest.fixture(scope="module")
def figures(golden: Path) -> dict[str, np.ndarray]:
    with np.load(golden / "single_1tile.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module", params=["eager", "sdpa"])
def run(request, folder: Path, processor: TerraScopeProcessor, figures) -> Run:
    return Run(read_weights(folder, load_config(folder), "cpu", "fp32", request.param), processor, figures)


@pytest.fixture(scope="module")
def exact(folder: Path, processor: TerraScopeProcessor, figures) -> Run:
    """The same weights and inputs in float64: what all float32 runs are approximations of."""
    return Run(read_weights(folder, load_config(folder), "cpu", "fp32", "eager").double(), processor, figures)


@pytest.fixture(scope="module")
def plain(folder: Path, processor: TerraScopeProcessor, figures) -> Callable[[], Run]:
    """The same in float32 by torch's own loops, without oneDNN; worked out where it is asked for."""

    @cache
    def run_plainly() -> Run:
        with torch.backends.mkldnn.flags(enabled=False):
            return Run(read_weights(folder, load_config(folder), "cpu", "fp32", "eager"), processor, figures)

    return run_plainly


def test_pixels_after_normalisation(run: Run, figures) -> None:
    for found, name in ((run.pixels, "pixel_values_sample"), (run.sam_pixels, "g_pixel_values_sample")):
        step = found.shape[-1] // figures[name].shape[-1]
        assert relative(found[..., ::step, ::step].numpy(), figures[name]) <= np.finfo(np.float32).eps


def test_visual_tokens(run: Run, exact: Run, figures) -> None:
    assert_rounding_only("visual", run.vit.numpy(), figures["vit_embeds"], exact.vit.numpy())


def test_scores_of_the_prompt_and_of_every_step(run: Run, exact: Run, figures) -> None:
    assert_rounding_only("scores", run.prefill[-1], figures["prefill_logits_last"], exact.prefill[-1])
    assert_rounding_only("scores", run.prefill[-32:], figures["prefill_logits_tail"], exact.prefill[-32:])
    assert_rounding_only("scores", np.stack(run.steps), figures["step_logits_last"], np.stack(exact.steps))


def test_seg_states_and_vectors(run: Run, exact: Run, figures) -> None:
    assert_rounding_only("seg", np.stack(run.states), figures["seg_hidden"], np.stack(exact.states))
    assert_rounding_only("seg", run.prompts.numpy(), figures["seg_prompt"], exact.prompts.numpy())


def test_injected_vectors_are_the_projector_outputs(run: Run, exact: Run, figures) -> None:
    banks = [one.vit.reshape(-1, one.vit.shape[-1]).numpy()[figures["indices"]] for one in (run, exact)]
    assert_rounding_only("visual", banks[0], figures["region_embeds"], banks[1])


def test_sam_features(run: Run, exact: Run, figures, folder: Path) -> None:
    bias = read_weights(folder, load_config(folder), "cpu", "fp32").sam2.no_memory_embedding.detach().view(1, -1, 1, 1)
    for level, step, name in ((2, 2, "sam_feat_s16_0"), (1, 4, "sam_feat_s8_0"), (0, 8, "sam_feat_s4_0")):
        added = bias if level == 2 else torch.zeros(1)
        found, true = ((one.features[level] - added)[..., ::step, ::step].numpy() for one in (run, exact))
        assert_rounding_only("features", found, figures[name], true)


def test_mask_decoder(run: Run, exact: Run, plain: Callable[[], Run], figures) -> None:
    cut = (..., slice(None, None, 4), slice(None, None, 4))

    def candidates(one: Run) -> np.ndarray:
        return np.stack([decoded.candidates.numpy() for decoded in one.decoded])[cut]

    def lows(one: Run) -> np.ndarray:
        return np.stack([decoded.low.numpy() for decoded in one.decoded])[:, None]

    def ious(one: Run) -> np.ndarray:
        return np.stack([decoded.ious.numpy() for decoded in one.decoded])

    for of, name in ((candidates, "dec_low_multi_s4"), (lows, "dec_low"), (ious, "dec_ious")):
        assert_rounding_only("mask", of(run), figures[name], of(exact), lambda of=of: of(plain()))


def test_masks(run: Run, exact: Run, figures) -> None:
    found, true = (
        torch.stack([upscale_mask(decoded.low, 1024, 1024) for decoded in one.decoded])[:, None, ::8, ::8].numpy()
        for one in (run, exact)
    )
    assert_rounding_only("mask", found, figures["mask_logits_1024_s8"], true)
    count, height, width = figures["masks_shape"]
    golden = np.unpackbits(figures["masks_packed"])[: count * height * width].reshape(count, height, width)
    found = torch.stack([upscale_mask(decoded.low, height, width) > 0 for decoded in run.decoded])
    assert (found.numpy() != golden.astype(bool)).sum() <= 1


def within_twice_the_official_distance(golden: Path, figures, found: dict[str, np.ndarray]) -> None:
    """The official code's own bfloat16 run is the scale: ours may not be farther from float32 than twice as far."""
    with np.load(golden / "single_1tile_bf16.npz") as arrays:
        for name, values in found.items():
            assert relative(values, figures[name]) <= 2 * relative(arrays[name], figures[name]), name


def test_half_precision_reads_and_writes_as_well_as_the_official_half_precision(
    golden, folder, processor, figures
) -> None:
    model = read_weights(folder, load_config(folder), "cpu", "bf16")
    ours = Run(model, processor, figures, masks=False)
    found = {"vit_embeds": ours.vit.float().numpy(), "prefill_logits_last": ours.prefill[-1]}
    found["seg_prompt"] = ours.prompts.float().numpy()
    within_twice_the_official_distance(golden, figures, found)


def test_half_precision_draws_as_well_as_the_official_half_precision(golden, folder, processor, figures) -> None:
    ours = Run(read_weights(folder, load_config(folder), "cpu", "bf16"), processor, figures)
    low = np.stack([decoded.low.float().numpy() for decoded in ours.decoded])[:, None]
    within_twice_the_official_distance(golden, figures, {"dec_low": low})


def test_sam_constants_are_a_switch_that_matters(golden, processor, figures) -> None:
    from dataclasses import replace

    exact = TerraScopeProcessor(processor.tokenizer, replace(processor.settings, sam_constants="exact"))
    pixels = torch.from_numpy(figures["sam_pixel_u8"])
    difference = exact.sam_normalised(pixels, torch.float32) - processor.sam_normalised(pixels, torch.float32)
    assert 1e-3 < float(difference.abs().max()) < 2e-2


def test_text_guided_modality_choice_is_the_official_one(golden: Path) -> None:
    with np.load(golden / "modality.npz") as arrays:
        data = {name: arrays[name] for name in arrays.files}
    ids = data["input_ids"][0]
    text = torch.from_numpy(data["embed"][ids[(ids != data["img_id"]) & (ids != data["region_id"])]])
    rgb, sar = torch.from_numpy(data["vit"])
    taken, chosen = [], []
    for region in np.split(data["rgb_indices"], np.cumsum(data["lengths"])[:-1]):
        takes = takes_sar(rgb[region], sar[region], text)
        taken.append(takes.numpy())
        chosen.append(torch.where(takes[:, None], sar[region], rgb[region]).numpy())
    np.testing.assert_array_equal(np.concatenate(taken), data["is_sar"])
    np.testing.assert_array_equal(np.concatenate(chosen), data["chosen"])


def test_the_recorded_tile_grids_are_those_of_the_processing_tests(golden: Path) -> None:
    from .test_processing import GRIDS

    recorded = read_json_list(golden / "tiling.json")
    assert [(c["width"], c["height"], c["cols"], c["rows"], c["tiles"]) for c in recorded] == list(GRIDS)


def read_json_list(path: Path) -> list[dict]:
    import json

    return json.loads(path.read_text())

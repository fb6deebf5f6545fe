"""Training the full model: both stages, interruption, and a model that really segments what it was shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing is trained")
pytest.importorskip("accelerate", reason="accelerate is not installed: nothing is trained")

import torch
from safetensors.torch import load_file

from terrascope.networks.full.loading import load_config, read_weights
from terrascope.networks.full.session import load_full
from terrascope.networks.interface import Prompt
from terrascope.reasoning.events import AnswerReady, MaskReady
from terrascope.reasoning.loop import reason
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View
from terrascope_lab.training import runs
from terrascope_lab.training.checkpoint import OPTIMIZER, WEIGHTS, checkpoints
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.metrics import read_metrics
from terrascope_lab.training.runs import Places, run_recipe
from training.conftest import entry, picture, write
from training.recipes import grounding, reasoning, tiny

pytestmark = pytest.mark.torch


def test_both_stages_run_one_after_the_other(base: Path, data: Path, tmp_path: Path) -> None:
    """Stage 2 begins with the model of stage 1; each leaves a model, metrics, TensorBoard and a curve."""
    run_recipe(tiny(grounding(2), reasoning(2)), Places(tmp_path, data, base), cpu=True)
    for stage in ("grounding", "reasoning"):
        folder = tmp_path / stage
        assert [line["step"] for line in read_metrics(folder)] == [1, 2]
        assert (folder / "loss.png").stat().st_size > 1000
        assert list((folder / "tensorboard").glob("events.*"))
        assert (folder / "model" / "weights.json").is_file()
    first = load_file(tmp_path / "grounding" / "model" / "model.safetensors")
    second = load_file(tmp_path / "reasoning" / "model" / "model.safetensors")
    start = dict(read_weights(base, load_config(base), "cpu", "fp32").state_dict())
    changed = {name for name in start if not torch.equal(start[name], first[name])}
    assert changed, "stage 1 trained nothing"
    assert all(name.startswith(("sam2.mask_decoder.", "seg_head.")) for name in changed)
    changed = {name.split(".layers.")[0] for name in first if not torch.equal(first[name], second[name])}
    assert {"internvl.lm_head.weight", "internvl.model.language_model"} <= changed
    assert not any("vision_tower" in name or "vision_encoder" in name for name in changed), "frozen parts moved"
    assert set(start) == set(second), "the adapters are merged"


@pytest.mark.parametrize("stage", [grounding, reasoning], ids=["grounding", "reasoning"])
def test_a_resumed_run_takes_the_same_steps_bit_for_bit(
    base: Path, data: Path, tmp_path: Path, stage: Callable[..., dict[str, Any]]
) -> None:
    """Six steps in one go, and three, an end, and three more, give equal weights and equal optimizer tensors."""
    recipe = tiny(stage(6, save_every=3, keep=9))
    name = recipe.stages[0].name
    run_recipe(recipe, Places(tmp_path / "whole", data, base), cpu=True)
    before = _stop_after(3)
    run_recipe(recipe, Places(tmp_path / "parts", data, base), cpu=True)
    assert [path.name for path in checkpoints(tmp_path / "parts" / name)] == ["step-0000003"]
    assert not (tmp_path / "parts" / name / "done.json").exists()
    before.undo()
    torch.manual_seed(99)
    run_recipe(recipe, Places(tmp_path / "parts", data, base), cpu=True)
    for file in (WEIGHTS, OPTIMIZER):
        one, two = (load_file(tmp_path / run / name / "step-0000006" / file) for run in ("whole", "parts"))
        assert set(one) == set(two)
        assert all(torch.equal(one[key], two[key]) for key in one), file
    losses = [[line["loss"] for line in read_metrics(tmp_path / run / name)] for run in ("whole", "parts")]
    assert losses[0] == losses[1]


def _stop_after(steps: int) -> pytest.MonkeyPatch:
    """End the run as SIGTERM would, after some steps."""
    context, asked = pytest.MonkeyPatch(), [0]

    def stopped() -> bool:
        asked[0] += 1
        return asked[0] >= steps

    real = runs.train
    context.setattr(runs, "train", lambda *args, **kwargs: real(*args, **{**kwargs, "stopped": stopped}))
    return context


def test_a_checkpoint_of_other_settings_is_refused(base: Path, data: Path, tmp_path: Path) -> None:
    """A run does not silently go on with another learning rate."""
    run_recipe(tiny(grounding(1)), Places(tmp_path, data, base), cpu=True)
    (tmp_path / "grounding" / "done.json").unlink()
    with pytest.raises(TrainingError, match="was begun with optim"):
        run_recipe(tiny(grounding(1, rate=5e-4)), Places(tmp_path, data, base), cpu=True)


def test_what_is_done_is_not_done_again(base: Path, data: Path, tmp_path: Path) -> None:
    run_recipe(tiny(grounding(1)), Places(tmp_path, data, base), cpu=True)
    assert run_recipe(tiny(grounding(1)), Places(tmp_path, data, base), cpu=True) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_processes_take_the_steps_of_one(base: Path, data: Path, tmp_path: Path) -> None:
    """The command line under torchrun on two CPU processes: the same losses, and one model of both."""
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        """[[stage]]
name = "reasoning"
train = ["projector", "mask_decoder", "seg_head", "lm_head"]
lora = { rank = 4, alpha = 8 }
points = { points = 500 }
data = [{ path = "single.json", images = "images" }]
optim = { rate = 1e-3, steps = 2, batch = 2, log_every = 1, gradient_checkpointing = true }
"""
    )
    arguments = ["terrascope_lab.training.cli", "run", str(recipe), "--data", str(data), "--model", str(base), "--cpu"]
    launchers = {
        "one": [sys.executable, "-m"],
        "two": [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"],
    }
    losses = {}
    for name, launcher in launchers.items():
        out = tmp_path / name
        done = subprocess.run([*launcher, *arguments, "--out", str(out)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        losses[name] = [line["loss"] for line in read_metrics(out / "reasoning")]
        assert (out / "reasoning" / "model" / "weights.json").is_file()
    assert losses["two"] == pytest.approx(losses["one"], rel=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_overfit_model_segments_through_the_loop_of_inference(base: Path, tmp_path: Path) -> None:
    """Trained on two pictures until it knows them, the model writes the chain, and its masks are the true ones.

    Training and inference agree: the text, the tokens that masks bring back and the masks come from the loop, with
    predicted masks in the context.
    """
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    from PIL import Image

    for number in range(2):
        Image.fromarray(picture(number)[0]).save(folder / "images" / f"{number}.png")
    write(folder / "single.json", [entry(number) for number in range(2)])
    stage = reasoning(150, rate=3e-3, micro_batch=2, save_every=10_000, log_every=10)
    stage |= {
        "train": ["language_model", "projector", "mask_decoder", "seg_head", "lm_head"],
        "lora": {},
        "instruct": True,
        "data": [{"path": "single.json", "images": "images"}],
    }
    run_recipe(tiny(stage), Places(tmp_path / "out", folder, base), cpu=True)
    lines = read_metrics(tmp_path / "out" / "reasoning")
    assert lines[-1]["loss"] < 0.2 * lines[0]["loss"]
    network = load_full(tmp_path / "out" / "reasoning" / "model", device="cpu", precision="fp32")
    assert network.info.defaults["selection"] == "paper"
    for number in range(2):
        pixels, masks = picture(number)
        events = list(reason(network, scene_of(pixels), Prompt("Which is larger?")))
        found = {event.label: event.prediction.mask for event in events if isinstance(event, MaskReady)}
        assert set(found) == {"water", "forest"}, [type(event).__name__ for event in events]
        for label, mask in found.items():
            iou = (mask & masks[label]).sum() / (mask | masks[label]).sum()
            assert iou > 0.8, (number, label, iou)
        answer = next(event.text for event in events if isinstance(event, AnswerReady))
        assert answer == ("water", "forest")[number]


def scene_of(pixels: np.ndarray) -> Scene:
    """The picture as a scene of one optical view."""
    height, width = pixels.shape[:2]
    view = View(
        name="picture",
        role=Role.OPTICAL,
        date=None,
        bands=("red", "green", "blue"),
        scale=Scale.DISPLAY,
        pixels=(pixels.astype(np.float32) / 255).transpose(2, 0, 1),
        valid=np.ones((height, width), bool),
        source=Source("picture.png"),
    )
    return Scene(Grid(width, height, Affine6(10, 0, 0, 0, -10, 0), None), (view,), None)
